import pg from "pg";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../src/index.ts";

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

async function readClock(): Promise<number> {
  const { rows } = await database.pool.query<{ now: Date }>({ name: "read-clock", text: "select punctual.clock() as now" });
  return rows[0]?.now.getTime() ?? Number.NaN;
}

it("gives every test a migrated database of its own", async () => {
  const other = await createTestDatabase();
  await other.pool.query("create table only_here ()");
  await expect(database.pool.query("select from only_here")).rejects.toThrow(/does not exist/);
  await database.pool.query("select from punctual.migrations");
  await other.drop();
});

it("moves, freezes and resets the clock, also for statements prepared before", async () => {
  expect(Math.abs((await readClock()) - Date.now())).toBeLessThan(1_000);
  await database.setClock("2031-05-06T07:08:09Z");
  const set = await readClock();
  expect(set - Date.parse("2031-05-06T07:08:09Z")).toBeLessThan(1_000);
  await database.moveClock(3_600_000);
  expect((await readClock()) - set).toBeGreaterThanOrEqual(3_600_000);
  await database.freezeClock(Date.parse("2032-01-01T00:00:00.250Z"));
  expect(await readClock()).toBe(Date.parse("2032-01-01T00:00:00.250Z"));
  await database.moveClock(-250);
  expect(await readClock()).toBe(Date.parse("2032-01-01T00:00:00Z"));
  await database.resetClock();
  expect(Math.abs((await readClock()) - Date.now())).toBeLessThan(1_000);
});

it("keeps the moved clock an index condition, as the real one is", async () => {
  await database.pool.query("create table due (at timestamptz); create index on due (at)");
  for (const move of [() => database.moveClock(5_000), () => database.freezeClock(0)]) {
    await move();
    const { rows } = await database.pool
      .query<{ "QUERY PLAN": string }>("set enable_seqscan = off; explain select from due where at <= punctual.clock()")
      .then((results) => (results as unknown as pg.QueryResult<{ "QUERY PLAN": string }>[])[1] ?? { rows: [] });
    const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
    expect(plan).toMatch(/Index Cond: \(at <= /);
    expect(plan).not.toContain("clock()");
  }
});

it("reports a connection that the test forgot to close", async () => {
  const leaky = await createTestDatabase();
  const forgotten = new pg.Client({ connectionString: leaky.url, application_name: "forgotten" });
  forgotten.on("error", () => undefined);
  await forgotten.connect();
  await expect(leaky.drop()).rejects.toThrow(/forgotten/);
});
