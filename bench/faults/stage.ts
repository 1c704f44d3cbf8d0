import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "@punctual/client";
import { createClient } from "@punctual/client";
import type { Child } from "../lib/child.ts";
import type { Cleanup } from "../lib/cleanup.ts";
import type { JobFact } from "../lib/history.ts";
import { type Receiver, spawnReceiver } from "../lib/receiver-process.ts";
import { type FaultCluster, startCluster } from "./cluster.ts";
import { createFaultLog, type FaultLog } from "./fault-log.ts";
import { startPatroni } from "./patroni.ts";
import { type FaultDatabase, startDatabase } from "./postgres.ts";
import { type DatabaseProxy, spawnProxy } from "./proxy/proxy.ts";
import type { Scenario } from "./scenario.ts";

/** Everything that runs, and what a scenario does its work with. */
export type Stage = {
  database: FaultDatabase;
  cluster: FaultCluster;
  receiver: Receiver;
  apiKey: string;
  /** For each node that serves at this moment. */
  clients(): readonly Client[];
  faults: FaultLog;
  /** Between the nodes and the database, where the scenario asked for it. */
  proxy: DatabaseProxy | null;
  /** Adds to a figure that tells whether the fault bit. */
  count(figure: string, by: number): void;
  figures: Readonly<Record<string, number>>;
  /** Jobs, or revisions of jobs, that the scenario made itself. */
  extraJobs: JobFact[];
  /** Jobs that the scenario put into the database itself, beside the API: what becomes of them is its own affair. */
  foreign: Set<string>;
  /** How much of it, where a scenario has a size; null for its own. */
  size: number | null;
  /** Set when the timed part begins. */
  clock: { startMs: number; endMs: number };
  /** Waits; false when the time of the scenario is up, or would be before the wait is over. */
  rest(ms: number): Promise<boolean>;
  /** Waits, and is not shortened by the end of the scenario: for a fault that has begun. */
  wait(ms: number): Promise<void>;
};

/** Starts database, nodes and receiver in a temporary folder; what it started ends with the clean-up, also when a later step fails. */
export async function setStage(
  scenario: Scenario,
  size: number | null,
  cleanup: Cleanup,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "punctual-faults-"));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  // mkdtemp closes the folder to others; for root, the database runs as another user.
  chmodSync(folder, 0o755);
  const database = await (scenario.replicated ? startPatroni(folder) : startDatabase(folder, scenario.settings ?? {}));
  cleanup.add(() => database.stop());
  signal.throwIfAborted();

  const { nodes, flags = [] } = scenario;
  const proxy = scenario.proxied ? await startProxy(database.url, nodes, cleanup) : null;
  const databaseUrl = (place: number): string => proxy?.url(place) ?? database.url;
  const cluster = await startCluster({ nodes, flags, folder, signal, databaseUrl, env: (place) => scenario.env?.(place) ?? {} });
  cleanup.add(() => cluster.killAll());
  const apiKey = readFileSync(join(folder, "data", "api-key"), "utf8").trim();

  const { child, ready } = spawnReceiver(folder);
  cleanup.add(() => end(child));
  const clock = { startMs: 0, endMs: 0 };
  const figures: Record<string, number> = {};
  const wait = (ms: number) => delay(Math.max(0, ms), undefined, { signal });
  return {
    database,
    cluster,
    receiver: await ready,
    apiKey,
    clients: () => cluster.alive().map(({ url }) => createClient({ baseUrl: url, apiKey, timeoutMs: 5_000 })),
    faults: createFaultLog(say),
    proxy,
    count: (figure, by) => {
      figures[figure] = (figures[figure] ?? 0) + by;
    },
    figures,
    extraJobs: [],
    foreign: new Set(),
    size,
    clock,
    wait,
    async rest(ms) {
      const leftMs = clock.endMs - Date.now();
      await wait(Math.min(ms, leftMs));
      return ms <= leftMs;
    },
  };
}

async function startProxy(databaseUrl: string, ways: number, cleanup: Cleanup): Promise<DatabaseProxy> {
  const { child, ready } = spawnProxy(databaseUrl, ways);
  cleanup.add(() => end(child));
  return ready;
}

async function end(child: Child): Promise<void> {
  child.signal("SIGTERM");
  await child.ended;
}
