import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDatabase } from "../../src/store/database.ts";
import { createPartitions } from "../../src/store/partitions.ts";
import { dropExpiredPartitions } from "../../src/store/retention.ts";
import { createStore, fireOne, resultOf, type Store, settleOne, startMs } from "./fixture.ts";

const dayMs = 24 * 3_600_000;
const tables = ["attempts", "finished_runs"];
const days = ["20270301", "20270302", "20270303", "20270304"];
const named = (dates: string[]) => tables.flatMap((table) => dates.map((date) => `${table}_${date}`));

let store: Store;
beforeEach(async () => {
  store = await createStore();
});
afterEach(() => store.database.drop());

/** Partition and the days it holds, in UTC. */
const partitions = () =>
  store.rows<{ name: string; bound: string }>(
    `select c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bound from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent in ('punctual.finished_runs'::regclass, 'punctual.attempts'::regclass) and c.relname !~ '_default$' order by 1`,
  );
const names = async () => (await partitions()).map((partition) => partition.name);
const drop = async (retentionDays: number) =>
  (await dropExpiredPartitions(store.db, { retentionDays, deadLetterRetentionDays: 90 })).dropped;
/** With a row for its attempt, as every run has but one that succeeds at once. */
async function finishOne(): Promise<void> {
  const node = await store.addNode();
  await settleOne(store, resultOf(await fireOne(store, node, await store.addJob()), node, { resumes: true }));
}
const rowsIn = async (table: string) =>
  (await store.rows<{ count: number }>(`select count(*)::int as count from punctual.${table}`))[0]?.count;

describe("daily partitions", () => {
  test("are made for today and the three days to come, once", async () => {
    expect((await createPartitions(store.db)).sort()).toEqual(named(days));
    expect(await createPartitions(store.db)).toEqual([]);
    await store.database.moveClock(dayMs);
    expect((await createPartitions(store.db)).sort()).toEqual(named(["20270305"]));
  });

  test("are made once by nodes that start together", async () => {
    const made = await Promise.all([1, 2, 3, 4].map(() => createPartitions(store.db)));
    expect([...new Set(made.flat())].sort()).toEqual(named(days));
    expect(await names()).toEqual(named(days).sort());
  });

  test("take what ends on their day", async () => {
    await createPartitions(store.db);
    await finishOne();
    expect([await rowsIn("finished_runs_20270301"), await rowsIn("attempts_20270301")]).toEqual([1, 1]);
    expect([await rowsIn("finished_runs_default"), await rowsIn("attempts_default")]).toEqual([0, 0]);
  });

  test("are days of UTC, also where the session's clocks change on one of them", async () => {
    // On 28 March 2027 Berlin has 23 hours.
    await store.database.freezeClock("2027-03-27T22:30:00Z");
    await store.rows(`alter database ${new URL(store.database.url).pathname.slice(1)} set timezone = 'Europe/Berlin'`);
    const db = openDatabase({
      url: store.database.url,
      applicationName: "berlin",
      maxConnections: 1,
      statementTimeoutMs: 5_000,
      connectTimeoutMs: 5_000,
    });
    try {
      await createPartitions(db);
    } finally {
      await db.end();
    }
    await store.rows("set timezone = 'UTC'");
    const bounds = (await partitions())
      .filter(({ name }) => name.startsWith("attempts"))
      .map(({ name, bound }) => [name, ...[...bound.matchAll(/'([^']+)'/g)].map(([, at]) => at)]);
    const midnight = (day: number) => `2027-03-${day} 00:00:00+00`;
    expect(bounds).toEqual([27, 28, 29, 30].map((day) => [`attempts_202703${day}`, midnight(day), midnight(day + 1)]));
  });

  test("are not made over rows that a late housekeeper left in the default partition, and those stay where they are", async () => {
    await finishOne();
    expect((await createPartitions(store.db)).sort()).toEqual(named(days.slice(1)));
    expect([await rowsIn("finished_runs_default"), await rowsIn("attempts_default")]).toEqual([1, 1]);
    await drop(0);
    expect(await rowsIn("finished_runs_default")).toBe(1);
  });

  test("are dropped when their last moment is older than the retention, not sooner", async () => {
    await createPartitions(store.db);
    await finishOne();
    await store.database.freezeClock(startMs + 30 * dayMs);
    expect(await drop(30)).toEqual([]);
    // 1 March ended with the first moment of 2 March: 30 days later is 1 April.
    await store.database.freezeClock("2027-03-31T23:59:59.999Z");
    expect(await drop(30)).toEqual([]);
    await store.database.freezeClock("2027-04-01T00:00:00Z");
    expect((await drop(30)).sort()).toEqual(named(["20270301"]));
    expect(await names()).toEqual(named(days.slice(1)));
    expect(await rowsIn("finished_runs")).toBe(0);
  });
});
