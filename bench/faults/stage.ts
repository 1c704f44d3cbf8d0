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
import { createDisk, type Disk } from "./disk.ts";
import { createFaultLog, type FaultLog } from "./fault-log.ts";
import type { Given } from "./options.ts";
import { startPatroni } from "./patroni.ts";
import { createPooler, type Pooler } from "./pooler.ts";
import { type FaultDatabase, startDatabase } from "./postgres.ts";
import { type DatabaseProxy, spawnProxy } from "./proxy/proxy.ts";
import type { Scenario } from "./scenario.ts";

/** Everything that runs, and what a scenario does its work with. */
export type Stage = {
  database: FaultDatabase;
  cluster: FaultCluster;
  receiver: Receiver;
  apiKey: string;
  /** Another receiver, which writes to the same ledger. */
  startReceiver(): Promise<Receiver>;
  /** The working folder of the nodes; their `data` has their keys. */
  folder: string;
  /** For each node that serves at this moment. */
  clients(): readonly Client[];
  faults: FaultLog;
  /** Between the nodes and the database, where the scenario asked for it. */
  proxy: DatabaseProxy | null;
  /** The same for the pooler, and for the file system. */
  pooler: Pooler | null;
  disk: Disk | null;
  /** Adds to a figure that tells whether the fault bit. */
  count(figure: string, by: number): void;
  figures: Readonly<Record<string, number>>;
  /** Jobs, or revisions of jobs, that the scenario made itself. */
  extraJobs: JobFact[];
  /** Jobs that the scenario put into the database itself, beside the API: what becomes of them is its own affair. */
  foreign: Set<string>;
  /** What the scenario was given when it was started. */
  given: Given;
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
  given: Given,
  cleanup: Cleanup,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "punctual-faults-"));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  // mkdtemp closes the folder to others; for root, the database runs as another user.
  chmodSync(folder, 0o755);
  const disk = scenario.disk ? createDisk(folder, given.disk) : null;
  cleanup.add(() => disk?.unmount());
  const startOne = () => startDatabase(folder, scenario.settings ?? {}, disk?.folder ?? folder);
  const database = await (scenario.replicated ? startPatroni(folder) : startOne());
  cleanup.add(() => database.stop());
  signal.throwIfAborted();

  const { nodes, flags = [] } = scenario;
  const proxy = scenario.proxied ? await startProxy(database.url, nodes, cleanup) : null;
  const pooler = scenario.pooled ? await startPooler(database.url, folder, cleanup) : null;
  const directUrl = (place: number): string => proxy?.url(place) ?? database.url;
  const throughPooler = (place: number) => ({ PUNCTUAL_DATABASE_POOLER: "transaction", PUNCTUAL_DATABASE_DIRECT_URL: directUrl(place) });
  const env = (place: number): NodeJS.ProcessEnv => ({ ...scenario.env?.(place), ...(pooler ? throughPooler(place) : {}) });
  const databaseUrl = (place: number): string => pooler?.url ?? directUrl(place);
  const cluster = await startCluster({ nodes, flags, folder, signal, databaseUrl, env });
  cleanup.add(() => cluster.killAll());
  const apiKey = readFileSync(join(folder, "data", "api-key"), "utf8").trim();

  const startReceiver = (): Promise<Receiver> => {
    const { child, ready } = spawnReceiver(folder);
    cleanup.add(() => end(child));
    return ready;
  };
  const clock = { startMs: 0, endMs: 0 };
  const figures: Record<string, number> = {};
  const wait = (ms: number) => delay(Math.max(0, ms), undefined, { signal });
  return {
    database,
    cluster,
    receiver: await startReceiver(),
    apiKey,
    startReceiver,
    folder,
    clients: () => cluster.alive().map(({ url }) => createClient({ baseUrl: url, apiKey, timeoutMs: 5_000 })),
    faults: createFaultLog(say),
    proxy,
    pooler,
    disk,
    count: (figure, by) => {
      figures[figure] = (figures[figure] ?? 0) + by;
    },
    figures,
    extraJobs: [],
    foreign: new Set(),
    given,
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

async function startPooler(databaseUrl: string, folder: string, cleanup: Cleanup): Promise<Pooler> {
  const pooler = await createPooler(databaseUrl, folder);
  cleanup.add(() => pooler.kill());
  await pooler.start();
  return pooler;
}

async function end(child: Child): Promise<void> {
  child.signal("SIGTERM");
  await child.ended;
}
