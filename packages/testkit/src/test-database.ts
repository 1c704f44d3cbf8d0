import { randomBytes } from "node:crypto";
import pg from "pg";
import { withClient } from "./admin.ts";
import { eventually } from "./eventually.ts";
import { testRun, urlOfDatabase } from "./run.ts";
import { ensureTemplate } from "./template.ts";
import { createTestClock, type TestClock } from "./test-clock.ts";

/** A migrated, empty database that belongs to one test or one test file. */
export interface TestDatabase extends TestClock {
  url: string;
  pool: pg.Pool;
  /** Ends `pool` and removes the database. Rejects when somebody else still holds a connection to it: the test has left a pool or a node open. */
  drop(): Promise<void>;
}

/** Clones the run's template. Drop it when done, usually in `afterAll` or `afterEach`. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const run = testRun();
  const name = `${run.databasePrefix}${randomBytes(6).toString("hex")}`;
  const template = await ensureTemplate(run);
  // file_copy: 40 ms. The default, wal_log, takes 145 ms: it writes the whole template into the log, which pays only for big checkpoints, and here none is big.
  await withClient(run.serverUrl, (client) => client.query(`create database ${name} template ${template} strategy file_copy`));
  const url = urlOfDatabase(run.serverUrl, name);
  const pool = new pg.Pool({ connectionString: url, application_name: "punctual test" });
  // Idle connections that a test kills on purpose report here; without a listener the report would end the process.
  pool.on("error", () => undefined);

  return {
    url,
    pool,
    ...createTestClock(pool),
    async drop() {
      await pool.end();
      await withClient(run.serverUrl, async (client) => {
        try {
          await eventually(() => requireNoConnections(client, name), { timeoutMs: 2_000 });
        } finally {
          await client.query(`drop database ${name} with (force)`);
        }
      });
    },
  };
}

/** Connections close a moment after their client says so, hence the caller's patience. */
async function requireNoConnections(client: pg.Client, database: string): Promise<void> {
  const { rows } = await client.query<{ application_name: string; state: string | null; query: string }>(
    "select application_name, state, query from pg_stat_activity where datname = $1 and backend_type = 'client backend'",
    [database],
  );
  if (rows.length === 0) return;
  const held = rows.map((row) => `${row.application_name || "unnamed"}, ${row.state ?? "unknown state"}, last: ${row.query.slice(0, 80)}`);
  throw new Error(`expected no connection left to ${database}, got ${rows.length}:\n${held.join("\n")}`);
}
