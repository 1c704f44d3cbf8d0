import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient } from "@punctual/client";
import { startEmbeddedPostgres } from "@punctual/server";
import type { Cleanup } from "../lib/cleanup.ts";
import { type Receiver, spawnReceiver } from "../lib/receiver-process.ts";
import { type Cluster, startCluster } from "./cluster.ts";

/** Everything that runs: a database, the nodes, and the receiver with its ledger. */
export type Stage = {
  folder: string;
  postgresVersion: string;
  cluster: Cluster;
  /** One for each node, in the nodes' order. */
  clients: readonly Client[];
  apiKey: string;
  receiver: Receiver;
};

/** Starts it all in a temporary folder; what it started ends with the clean-up, also when a later step fails. */
export async function setUpStage(nodeCount: number, cleanup: Cleanup, signal: AbortSignal): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "punctual-prove-"));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  // mkdtemp closes the folder to others; for root, the database runs as another user.
  chmodSync(folder, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, "postgres"), reachableDir: join(folder, "reachable") });
  cleanup.add(() => postgres.stop());
  signal.throwIfAborted();

  const cluster = await startCluster(nodeCount, postgres.databaseUrl, folder, signal);
  cleanup.add(() => cluster.kill());
  const apiKey = readFileSync(join(folder, "data", "api-key"), "utf8").trim();

  const { child, ready } = spawnReceiver(folder);
  cleanup.add(async () => {
    child.signal("SIGTERM");
    await child.ended;
  });
  return {
    folder,
    postgresVersion: postgres.version,
    cluster,
    clients: cluster.nodes.map(({ url }) => createClient({ baseUrl: url, apiKey })),
    apiKey,
    receiver: await ready,
  };
}
