import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Client, createClient } from "@punctual/client";
import { startEmbeddedPostgres } from "@punctual/server";
import { type Child, startChild } from "./child.ts";
import type { Cleanup } from "./cleanup.ts";
import { type Cluster, cleanEnvironment, startCluster } from "./cluster.ts";
import type { ReceiverUrls } from "./drafts.ts";
import { followLedger, type Ledger } from "./ledger.ts";

/** Everything that runs: a database, the nodes, and the receiver with its ledger. */
export type Stage = {
  folder: string;
  postgresVersion: string;
  cluster: Cluster;
  /** One for each node, in the nodes' order. */
  clients: readonly Client[];
  apiKey: string;
  receiver: { child: Child; urls: ReceiverUrls; ledger: Ledger };
};

const receiverReadyMs = 30_000;

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

  const ledgerPath = join(folder, "ledger.jsonl");
  const program = fileURLToPath(new URL("receiver.ts", import.meta.url));
  const args = ["--import", import.meta.resolve("tsx"), program, ledgerPath, join(folder, "data", "signing-secret")];
  const child = startChild("receiver", args, { cwd: folder, env: cleanEnvironment() });
  cleanup.add(async () => {
    child.signal("SIGTERM");
    await child.ended;
  });
  const origin = `http://127.0.0.1:${await child.line(/^listening on (\d+)$/, receiverReadyMs)}`;
  return {
    folder,
    postgresVersion: postgres.version,
    cluster,
    clients: cluster.nodes.map(({ url }) => createClient({ baseUrl: url, apiKey })),
    apiKey,
    receiver: { child, urls: { quick: `${origin}/`, slow: `${origin}/slow` }, ledger: followLedger(ledgerPath) },
  };
}
