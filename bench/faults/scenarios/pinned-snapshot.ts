import { withIntruder } from "../intruder.ts";
import type { Scenario } from "../scenario.ts";

const ageSql = "select age(backend_xmin)::int as age from pg_stat_activity where pid = $1";
const deadSql = `
select coalesce(sum(n_dead_tup), 0)::int as dead from pg_stat_user_tables
where schemaname = 'punctual' and relname in ('cursors', 'live_runs')`;

export const pinnedSnapshot: Scenario = {
  name: "pinned-snapshot",
  what: "Another client keeps a transaction open for the whole time, so that no dead row of the hot tables can be cleared away.",
  shows: "its snapshot is thousands of transactions old, and dead rows have piled up in the hot tables",
  seconds: 120,
  nodes: 3,
  async run({ database, faults, clock, wait, count }) {
    await withIntruder(database.url, async (client) => {
      await client.query("begin isolation level repeatable read");
      const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid from punctual.shards limit 1");
      await faults.last("snapshot pinned", "database", () => wait(clock.endMs - Date.now()));
      await withIntruder(database.url, async (other) => {
        count("snapshotAge", (await other.query<{ age: number }>(ageSql, [rows[0]?.pid])).rows[0]?.age ?? 0);
        count("deadRows", (await other.query<{ dead: number }>(deadSql)).rows[0]?.dead ?? 0);
      });
      await client.query("rollback");
    });
  },
  bitten({ figures }) {
    const [snapshotAge, deadRows] = [figures["snapshotAge"] ?? 0, figures["deadRows"] ?? 0];
    return { bit: snapshotAge > 1_000 && deadRows > 500, snapshotAge, deadRows };
  },
};
