import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { lookUpProcess } from "../../server/src/boot/embedded-postgres/process-lookup.ts";
import { startEmbeddedPostgres } from "../../server/src/boot/embedded-postgres/start.ts";
import { withClient } from "../src/admin.ts";
import type { TestRun } from "../src/run.ts";

const folderPrefix = "punctual-test-";

/** Runs once before all test files: one server for the run, the embedded one or that of PUNCTUAL_TEST_DATABASE_URL. Returns what runs after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const databasePrefix = `punctual_test_${randomBytes(4).toString("hex")}_`;
  const ownServerUrl = process.env["PUNCTUAL_TEST_DATABASE_URL"];
  if (ownServerUrl !== undefined) {
    const run = { serverUrl: ownServerUrl, databasePrefix };
    project.provide("punctualTestRun", run);
    return () => dropDatabases(run);
  }

  await removeAbandoned();
  const folder = mkdtempSync(join(tmpdir(), `${folderPrefix}${process.pid}-`));
  // mkdtemp closes the folder to others; as root, the database runs as another user.
  chmodSync(folder, 0o755);
  const server = await startEmbeddedPostgres({ ...placesIn(folder), settings: withoutDurability });
  project.provide("punctualTestRun", { serverUrl: server.databaseUrl, databasePrefix });
  return async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}

function placesIn(folder: string): { dataDir: string; reachableDir: string } {
  return { dataDir: join(folder, "postgres"), reachableDir: join(folder, "reachable") };
}

// The data lives as long as the run. Tests of durability start a server of their own.
const withoutDurability = { fsync: "off", full_page_writes: "off", synchronous_commit: "off" };

/** Drops the template and what crashed tests left on a server that is not ours. */
async function dropDatabases({ serverUrl, databasePrefix }: TestRun): Promise<void> {
  await withClient(serverUrl, async (client) => {
    const { rows } = await client.query<{ name: string }>("select datname as name from pg_database where starts_with(datname, $1)", [
      databasePrefix,
    ]);
    for (const { name } of rows) {
      await client.query(`alter database ${name} is_template false`);
      await client.query(`drop database ${name} with (force)`);
    }
  });
}

/** Stops the servers and removes the folders of runs that were killed; the folder's name holds the run's pid. */
async function removeAbandoned(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${folderPrefix}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || lookUpProcess(Number(pid)) !== undefined) continue;
    const folder = join(tmpdir(), name);
    // Starting finds the left-over server and makes us its last user, so that stopping ends it.
    const leftOver = await startEmbeddedPostgres(placesIn(folder)).catch(() => undefined);
    await leftOver?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
