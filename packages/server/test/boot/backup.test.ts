import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, freePort } from "@punctual/testkit";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runBackup } from "../../src/boot/backup/backup.ts";
import { runRestore } from "../../src/boot/backup/restore.ts";
import { cleanEnvironment } from "../../src/boot/embedded-postgres/cluster.ts";
import { raiseHighWater, readHighWater } from "../../src/store/high-water.ts";
import { migrate } from "../../src/store/migrate.ts";
import { afterwards, databaseAccount, temporaryFolder } from "./embedded-postgres-helpers.ts";

/** Where the system keeps a server of the same version as its pg_dump. */
const versions = existsSync("/usr/lib/postgresql") ? readdirSync("/usr/lib/postgresql").sort() : [];
const programs = versions.map((version) => `/usr/lib/postgresql/${version}/bin`).findLast((bin) => existsSync(join(bin, "initdb")));

// The embedded PostgreSQL comes without pg_dump, and one that is older than the server refuses it: only a server that the system has with its pg_dump will do.
describe.skipIf(programs === undefined)("a backup", () => {
  let url: string;
  let client: pg.Client;
  let folder: string;
  let path: string | undefined;
  beforeEach(async () => {
    folder = temporaryFolder();
    url = await startServer(folder, programs ?? "");
    path = process.env["PATH"];
    process.env["PATH"] = `${programs}:${path}`;
    client = new pg.Client({ connectionString: url });
    await client.connect();
  }, 30_000);
  afterEach(async () => {
    process.env["PATH"] = path;
    await client.end();
  });

  const flags = () => ({ databaseUrl: url });
  const file = () => join(folder, "punctual.dump");
  const tenants = async () =>
    (await client.query<{ name: string }>("select name from punctual.tenants order by name")).rows.map(({ name }) => name);

  it("is proved by restoring it, comes back in the place of what was there, and stops firing", async () => {
    await migrate(url);
    await client.query("insert into punctual.tenants (name) values ($1)", ["kept"]);
    const now = (await readHighWater(client))?.now;
    if (now) await raiseHighWater(client, null, now);
    const made = await runBackup(flags(), file(), { check: true });
    expect(made).toMatchObject({ file: file(), isChecked: true });
    expect(made.rows).toBeGreaterThan(256);
    expect((await client.query("select from pg_database where datname like 'punctual_check%'")).rowCount).toBe(0);

    await client.query("insert into punctual.tenants (name) values ($1)", ["later"]);
    await expect(runRestore(flags(), file(), { replace: false })).rejects.toMatchObject({ code: "restore_refused" });
    expect(await runRestore(flags(), file(), { replace: true })).toMatchObject({ migrations: [], dataUntil: expect.stringContaining("T") });
    expect(await tenants()).toEqual(["kept"]);
    const found = await readHighWater(client);
    expect(found).toMatchObject({ mark: { isCopied: true }, restore: { sign: "restored" } });
    expect((await client.query("select from pg_namespace where nspname = 'punctual_set_aside'")).rowCount).toBe(0);
  });

  it("that cannot be restored leaves what was there, and one is refused while nodes work", async () => {
    await migrate(url);
    await client.query("insert into punctual.tenants (name) values ($1)", ["kept"]);
    writeFileSync(file(), "not a dump");
    await expect(runRestore(flags(), file(), { replace: true })).rejects.toMatchObject({ code: "backup_failed" });
    expect(await tenants()).toEqual(["kept"]);
    await client.query(
      "insert into punctual.nodes (name, version, started_at, lease_until, beat, slots) values ('n', '0', now(), now() + interval '1 hour', gen_random_uuid(), 1)",
    );
    await expect(runRestore(flags(), file(), { replace: true })).rejects.toMatchObject({ code: "restore_refused" });
    await expect(runRestore(flags(), join(folder, "nothing"), { replace: true })).rejects.toMatchObject({ code: "file_unreadable" });
  });

  it("says which program is missing, and leaves no file when it was not made", async () => {
    await expect(runBackup(flags(), file(), { check: true })).rejects.toMatchObject({ code: "schema_missing" });
    await migrate(url);
    process.env["PATH"] = folder;
    await expect(runBackup(flags(), file(), { check: true })).rejects.toMatchObject({ code: "backup_tool_missing" });
    process.env["PATH"] = `${programs}:${path}`;
    await expect(runBackup(flags(), join(folder, "no", "such", "folder"), { check: true })).rejects.toMatchObject({
      code: "backup_failed",
    });
    expect(readdirSync(folder).filter((name) => name.includes("dump"))).toEqual([]);
  });
});

/** A server of the system's PostgreSQL, gone after the test. */
async function startServer(folder: string, bin: string): Promise<string> {
  const account = databaseAccount();
  const data = join(folder, "data");
  mkdirSync(data);
  if (account) chownSync(data, account.uid, account.gid);
  const options = { cwd: "/", env: cleanEnvironment(), ...account };
  spawnSync(join(bin, "initdb"), ["-D", data, "-U", "punctual", "--auth=trust", "--no-sync", "--encoding=UTF8"], options);
  const port = await freePort();
  const settings = { fsync: "off", listen_addresses: "127.0.0.1", unix_socket_directories: "", port: String(port), shared_buffers: "16MB" };
  const more = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = spawn(join(bin, "postgres"), ["-D", data, ...more], { ...options, stdio: "ignore" });
  const exited = once(server, "exit");
  afterwards(async () => {
    server.kill("SIGQUIT");
    await exited;
  });
  const url = `postgres://punctual:secret@127.0.0.1:${port}/postgres`;
  await eventually(
    async () => {
      const probe = new pg.Client({ connectionString: url });
      probe.on("error", () => {});
      await probe.connect();
      await probe.end();
      return true;
    },
    { timeoutMs: 15_000 },
  );
  return url;
}
