import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Client } from "pg";
import { afterEach } from "vitest";
import { type Account, chooseAccount } from "../../src/boot/embedded-postgres/account.ts";
import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from "../../src/boot/embedded-postgres/start.ts";

export const isRoot = process.getuid?.() === 0;
export const needsRoot = "only root can start processes as other users";

const cleanups: (() => unknown)[] = [];

/** Registers what must happen after the test, last first, whether it passed or not. */
export function afterwards(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A folder that everybody may enter, removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "punctual-launcher-"));
  chmodSync(folder, 0o755);
  afterwards(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts in this process, without fsync, and stops after the test. */
export async function start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const database = await startEmbeddedPostgres({
    reachableDir: join(options.dataDir, "reachable"),
    ...options,
    settings: { fsync: "off", ...options.settings },
  });
  afterwards(() => database.stop());
  return database;
}

/** What one query answers, on a connection of its own. */
export async function ask(databaseUrl: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** The account that owns the data of databases made by this process; undefined is ourselves. */
export function databaseAccount(): Account | undefined {
  return chooseAccount("/nonexistent");
}

/** Starts another process on the same folder; resolves with what it printed: a database, or the reason it has none. */
export async function startElsewhere(dataDir: string, reachableDir: string, account?: Account) {
  const script = fileURLToPath(new URL("./embedded-postgres-node.ts", import.meta.url));
  const node = spawn(process.execPath, ["--import", "tsx", script, dataDir, reachableDir], {
    stdio: ["pipe", "pipe", "inherit"],
    // A process group of its own, as in a terminal: see killTerminal.
    detached: true,
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    ...account,
  });
  const exited = once(node, "exit");
  afterwards(async () => {
    node.stdin.end();
    await exited;
  });
  for await (const line of createInterface(node.stdout)) return { node, exited, answer: JSON.parse(line) as Answer };
  throw new Error("The other process ended without an answer.");
}

interface Answer {
  databaseUrl: string;
  pid: number;
  reused: boolean;
  reason: string;
  message: string;
  remedy: string;
}

/** Kills without a chance to clean up, and waits until it is gone. */
export async function killHard(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

/** Kills the process and everything it started in its process group, as closing a terminal does, and waits until it is gone. */
export async function killTerminal(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  process.kill(-Number(child.pid), "SIGKILL");
  await exited;
}
