import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, chownSync, cpSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, freePort } from "@punctual/testkit";
import pg from "pg";
import type { Account } from "../../src/boot/embedded-postgres/account.ts";
import { locateNativeDir, prepareBinaries } from "../../src/boot/embedded-postgres/binaries.ts";
import { cleanEnvironment } from "../../src/boot/embedded-postgres/cluster.ts";
import { findHome, homePaths } from "../../src/boot/embedded-postgres/home.ts";
import { afterwards, databaseAccount, start, temporaryFolder } from "./embedded-postgres-helpers.ts";

/** Two real servers: a primary, and a standby that each of its commits waits for. */
export type ReplicatedPair = {
  /** One URL that names both. */
  url: string;
  /** A connection of the test's own to each. */
  primary: pg.Client;
  standby: pg.Client;
  /** As a machine that loses its power, but for its disk. */
  killPrimary(): Promise<void>;
  /** The old primary comes back, read-only. Resolves with a connection to it. */
  revive(): Promise<pg.Client>;
};

/** The server's program, and who runs it. */
type Program = { postgres: string; account: Account | undefined };

const settings = { max_connections: "60", shared_buffers: "16MB" };

/** Everything is gone after the test. */
export async function startPair(): Promise<ReplicatedPair> {
  const folder = temporaryFolder();
  const dataDir = join(folder, "primary");
  const embedded = await start({ dataDir, settings });
  const primaryData = homePaths(findHome(dataDir)).pgData;
  const standbyData = join(folder, "standby");
  const url = new URL(embedded.databaseUrl);
  const standbyPort = await freePort();
  const primary = await connect(url.href);

  await primary.query("select pg_backup_start('pair', true)");
  cpSync(primaryData, standbyData, { recursive: true, filter: (path) => !path.endsWith("postmaster.pid") });
  const { rows } = await primary.query<{ label: string }>("select labelfile as label from pg_backup_stop()");
  writeFileSync(join(standbyData, "backup_label"), rows[0]?.label ?? "");
  writeFileSync(join(standbyData, "standby.signal"), "");
  const source = `host=${url.hostname} port=${url.port} user=${url.username} password=${url.password} application_name=pair`;
  appendFileSync(join(standbyData, "postgresql.auto.conf"), `primary_conninfo = '${source}'\n`);
  const account = databaseAccount();
  own(standbyData, account);
  const program = { postgres: prepareBinaries(locateNativeDir(), account, join(dataDir, "reachable")).postgres, account };
  await launch(program, standbyData, standbyPort, {});
  const standbyUrl = new URL(url);
  standbyUrl.port = String(standbyPort);
  const standby = await connect(standbyUrl.href);

  await primary.query("alter system set synchronous_standby_names = 'pair'");
  await primary.query("select pg_reload_conf()");
  await eventually(async () => (await primary.query("select from pg_stat_replication where sync_state = 'sync'")).rowCount === 1);

  return {
    url: `postgres://${url.username}:${url.password}@127.0.0.1:${url.port},127.0.0.1:${standbyPort}${url.pathname}?target_session_attrs=read-write`,
    primary,
    standby,
    async killPrimary() {
      // Its children end once they notice.
      const noticed = new Promise((resolve) => primary.once("end", resolve));
      process.kill(embedded.pid, "SIGKILL");
      await noticed;
    },
    async revive() {
      rmSync(join(primaryData, "postmaster.pid"), { force: true });
      await launch(program, primaryData, Number(url.port), { default_transaction_read_only: "on", synchronous_standby_names: "" });
      return connect(url.href);
    },
  };
}

/** Resolves with a connection once the server takes any. */
async function connect(url: string): Promise<pg.Client> {
  const client = await eventually(
    async () => {
      const attempt = new pg.Client({ connectionString: url });
      attempt.on("error", () => {});
      await attempt.connect();
      return attempt;
    },
    { timeoutMs: 15_000 },
  );
  afterwards(() => client.end());
  return client;
}

async function launch({ postgres, account }: Program, data: string, port: number, more: Record<string, string>): Promise<void> {
  const all = { ...settings, fsync: "off", listen_addresses: "127.0.0.1", unix_socket_directories: "", port: String(port), ...more };
  const flags = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = spawn(postgres, ["-D", data, ...flags], { cwd: "/", stdio: "ignore", env: cleanEnvironment(), ...account });
  const exited = once(server, "exit");
  afterwards(async () => {
    server.kill("SIGQUIT");
    await exited;
  });
}

/** The copy was made by us; the account of the servers must own it. */
function own(folder: string, account: Account | undefined): void {
  if (account === undefined) return;
  for (const path of ["", ...readdirSync(folder, { recursive: true, encoding: "utf8" })]) {
    chownSync(join(folder, path), account.uid, account.gid);
  }
}
