import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { quietPort } from "./postgres.ts";

/** A PgBouncer in transaction mode, which can be taken away and brought back at the same address. */
export type Pooler = {
  /** The database through it. */
  url: string;
  start(): Promise<void>;
  /** Ends it without a warning, and with it all connections through it. */
  kill(): Promise<void>;
  /** What it says of itself: connections of clients, connections to the server, and transactions since it started. */
  counts(): Promise<{ clients: number; servers: number; transactions: number }>;
};

const program = "pgbouncer";
/** Fewer than the nodes' connections, so that they have to share; more than their leases. */
const poolSize = 8;
const readyMs = 10_000;
const pollMs = 50;

/** Debian has it where only root looks. */
const environment = { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` };

/** Why there can be none here, or null. */
export function poolerMissing(): string | null {
  const { error } = spawnSync(program, ["--version"], { env: environment });
  return error ? `PgBouncer is not installed: there is no program ${program} on the PATH or in /usr/sbin.` : null;
}

/** Does not start it yet. */
export async function createPooler(databaseUrl: string, folder: string): Promise<Pooler> {
  const port = await quietPort();
  const config = join(folder, "pgbouncer.ini");
  writeFileSync(config, configOf(new URL(databaseUrl), port), { mode: 0o600 });
  // It refuses to run as root, and reads its configuration before it becomes the other user.
  const asUser = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  let child: ChildProcess | null = null;
  let said = "";

  const consoleUrl = (): string => `postgres://faults@127.0.0.1:${port}/pgbouncer`;
  const ask = async <T extends object>(sql: string): Promise<T[]> => {
    const client = new pg.Client({ connectionString: consoleUrl(), connectionTimeoutMillis: 2_000 });
    client.on("error", () => {});
    await client.connect();
    try {
      return (await client.query<T>(sql)).rows.filter((row) => !("database" in row) || row.database !== "pgbouncer");
    } finally {
      await client.end();
    }
  };
  return {
    url: Object.assign(new URL(databaseUrl), { port: String(port) }).href,
    async start() {
      const started = spawn(program, [...asUser, config], { env: environment, stdio: ["ignore", "ignore", "pipe"] });
      child = started;
      said = "";
      started.stderr.on("data", (text: Buffer) => {
        said = (said + text.toString()).slice(-2_000);
      });
      for (const deadline = performance.now() + readyMs; performance.now() < deadline; await delay(pollMs)) {
        if (started.exitCode !== null) break;
        if (await ask("show version").catch(() => null)) return;
      }
      throw new Error(`PgBouncer does not start. It says:\n${said}`);
    },
    async kill() {
      if (child === null || child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
    async counts() {
      const [clients, servers, stats] = [
        await ask("show clients"),
        await ask("show servers"),
        await ask<{ total_xact_count: string }>("show stats"),
      ];
      const transactions = stats.reduce((sum, row) => sum + Number(row.total_xact_count), 0);
      return { clients: clients.length, servers: servers.length, transactions };
    },
  };
}

function configOf({ hostname, port, pathname, username, password }: URL, listenPort: number): string {
  const database = pathname.slice(1);
  return `[databases]
${database} = host=${hostname} port=${port} dbname=${database} user=${username} password=${decodeURIComponent(password)}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listenPort}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${poolSize}
max_client_conn = 1000
log_connections = 0
log_disconnections = 0
`;
}
