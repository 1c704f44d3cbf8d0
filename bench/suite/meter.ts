import type { Database } from "../../packages/server/src/store/database.ts";
import { ownCpuSeconds, peakMemoryMb, treeCpuSeconds, treeMemoryMb } from "./processes.ts";
import type { Profile } from "./profile/profile.ts";
import type { Figures } from "./scenario.ts";
import type { Stage } from "./stage.ts";

/** Rows written a run, by table; partitions count as their table. */
export type TableWrites = { [table: string]: { inserted: number; updated: number; hot: number; deleted: number } };

type Counters = {
  atMs: number;
  walBytes: number;
  transactions: number;
  rows: number;
  writes: TableWrites;
  nodeCpu: number | null;
  databaseCpu: number | null;
};

/** What was used between two moments. */
export type Usage = { fromMs: number; toMs: number; seconds: number } & Pick<Counters, "walBytes" | "transactions" | "rows" | "writes"> & {
    cpuSeconds: Figures["cpuSeconds"];
    memoryMb: Figures["memoryMb"];
    profile?: Profile;
  };

/** Everything PostgreSQL counts by itself: sessions report at most a second late, which says nothing over a minute. */
const countersSql = `
select punctual.ms(punctual.clock()) as now, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as wal, xact_commit::float8 as transactions,
       (tup_inserted + tup_updated + tup_deleted)::float8 as rows
from pg_stat_database where datname = current_database()`;
const writesSql = `
select regexp_replace(relname, '_(\\d{8}|default)$', '') as name, sum(n_tup_ins)::float8 as inserted, sum(n_tup_upd)::float8 as updated,
       sum(n_tup_hot_upd)::float8 as hot, sum(n_tup_del)::float8 as deleted
from pg_stat_user_tables where schemaname = 'punctual' group by 1`;

/**
 * Starts to measure; the function it gives ends that.
 *
 * @param nodes process ids of nodes and of whatever else does their work
 */
export async function startMeter(
  { db, serverPid, profiler }: Pick<Stage, "db" | "serverPid" | "profiler">,
  nodes: readonly number[],
): Promise<() => Promise<Usage>> {
  const read = (): Promise<Counters> => readCounters(db, nodes, serverPid);
  const endProfile = (await profiler?.start()) ?? null;
  const before = await read();
  return async () => {
    const after = await read();
    const profile = await endProfile?.();
    const { atMs: fromMs } = before;
    const { atMs: toMs } = after;
    const databaseMb = serverPid === null ? null : treeMemoryMb(serverPid);
    const cpu = (kind: "nodeCpu" | "databaseCpu"): number | null => {
      const [was, is] = [before[kind], after[kind]];
      return was === null || is === null ? null : round(is - was);
    };
    const nodeCpu = cpu("nodeCpu");
    return {
      ...{ fromMs, toMs, seconds: (toMs - fromMs) / 1_000 },
      walBytes: after.walBytes - before.walBytes,
      transactions: after.transactions - before.transactions,
      rows: after.rows - before.rows,
      writes: difference(after.writes, before.writes),
      cpuSeconds: nodeCpu === null ? null : { node: nodeCpu, database: cpu("databaseCpu") },
      memoryMb: { node: Math.round(Math.max(0, ...nodes.map((pid) => peakMemoryMb(pid) ?? 0))), database: databaseMb },
      ...(profile && { profile }),
    };
  };
}

/** Usage as it stands in a result: by run, where that says more. */
export function figuresOf(usage: Usage, runs: number) {
  const per = (value: number): number | null => (runs === 0 ? null : round(value / runs));
  const writesPerRun = Object.fromEntries(
    Object.entries(usage.writes)
      .map(
        ([table, counts]) => [table, Object.fromEntries(Object.entries(counts).map(([kind, count]) => [kind, per(count) ?? 0]))] as const,
      )
      .filter(([, counts]) => Object.values(counts).some((count) => count > 0)),
  ) as TableWrites;
  return {
    cpuSeconds: usage.cpuSeconds,
    memoryMb: usage.memoryMb,
    statementsPerRun: per(usage.transactions),
    rowsPerRun: per(usage.rows),
    walBytesPerRun: runs === 0 ? null : Math.round(usage.walBytes / runs),
    seconds: round(usage.seconds),
    writesPerRun,
    ...(usage.profile && { profile: usage.profile }),
  };
}

async function readCounters(db: Database, nodes: readonly number[], serverPid: number | null): Promise<Counters> {
  const { rows } = await db.query<{ now: number; wal: number; transactions: number; rows: number }>(countersSql);
  const tables = await db.query<{ name: string; inserted: number; updated: number; hot: number; deleted: number }>(writesSql);
  const [row] = rows;
  if (!row) throw new Error("the database does not know itself in pg_stat_database");
  return {
    ...{ atMs: row.now, walBytes: row.wal, transactions: row.transactions, rows: row.rows },
    writes: Object.fromEntries(tables.rows.map(({ name, ...counts }) => [name, counts])),
    nodeCpu: ownCpuSeconds(nodes),
    databaseCpu: serverPid === null ? null : treeCpuSeconds(serverPid),
  };
}

function difference(after: TableWrites, before: TableWrites): TableWrites {
  const none = { inserted: 0, updated: 0, hot: 0, deleted: 0 };
  return Object.fromEntries(
    Object.entries(after).map(([table, is]) => {
      const was = before[table] ?? none;
      const { inserted, updated, hot, deleted } = is;
      return [
        table,
        { inserted: inserted - was.inserted, updated: updated - was.updated, hot: hot - was.hot, deleted: deleted - was.deleted },
      ];
    }),
  );
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
