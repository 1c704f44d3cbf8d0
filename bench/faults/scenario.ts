import type { ArrivalFact } from "../lib/history.ts";
import type { Lag } from "../lib/lag.ts";
import type { Life } from "./cluster.ts";
import type { Facts } from "./facts.ts";
import type { FaultMark } from "./fault-log.ts";
import type { Given } from "./options.ts";
import type { Stage } from "./stage.ts";
import type { Watched } from "./watcher.ts";

/** Whether a fault was seen to have had its effect, with the figures that show it. */
export type Bite = { bit: boolean } & Record<string, boolean | number | string>;

/** What a scenario may judge its bite by. */
export type Evidence = {
  faults: readonly FaultMark[];
  facts: Facts;
  arrivals: readonly ArrivalFact[];
  watched: Watched;
  /** By node process, as it said of itself before its end: results that came too late, looks that failed. */
  gauges: readonly { node: string; resultsLost: number; loopFailures: number }[];
  lives: readonly Life[];
  /** Lag of what became due during a fault or shortly after. */
  faultLagMs: Lag | null;
  /** From nominal time to first arrival, of every occurrence that arrived of the jobs whose source is one of these. */
  lagMsOf(isSource: (source: string) => boolean): number[];
  /** What the scenario counted while it ran, by name. */
  figures: Readonly<Record<string, number>>;
};

export type Scenario = {
  name: string;
  /** What is done to the cluster, in a sentence. */
  what: string;
  /** How it shows that the fault had its effect; without that the scenario fails. */
  shows: string;
  seconds: number;
  nodes: number;
  /** More options of each node. */
  flags?: readonly string[];
  /** More environment of the node of a place. */
  env?(place: number): NodeJS.ProcessEnv;
  /** Whether each node reaches the database through a way of the proxy. */
  proxied?: boolean;
  /** Whether the nodes reach the database through PgBouncer in transaction mode; `proxied` is then what they reach it by directly, for wake-ups and migrations. */
  pooled?: boolean;
  /** Whether the data are on a small file system of their own. */
  disk?: boolean;
  /** Whether the database is a pair of servers under Patroni, which this machine must have; `all` leaves such a scenario out. */
  replicated?: boolean;
  /** Server settings of the database, by name. */
  settings?: Record<string, string>;
  /** Why it cannot be played on this machine, as a sentence, or null; undefined when it can be everywhere. */
  needs?(given: Given): string | null;
  /** Injects its faults until `stage.rest` says that the time is up, and leaves the cluster whole. */
  run(stage: Stage): Promise<void>;
  bitten(evidence: Evidence): Bite;
};
