import { readFile } from "node:fs/promises";
import { createTestDatabase, type TestDatabase } from "@punctual/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { claimFromQueue } from "../../src/store/queue-claims.ts";
import { at } from "./fixture.ts";
import { hot, parameters } from "./hot.ts";

const kinds = ["hot", "backfill", "expiry", "fire", "overlap", "queue", "breaker", "lease", "settle"];
const sources = kinds.map((kind) => new URL(`../../src/store/${kind}-statements.ts`, import.meta.url));
type PlanNode = {
  "Node Type": string;
  "CTE Name"?: string;
  "Join Filter"?: string;
  "Index Name"?: string;
  "Index Cond"?: string;
  "Relation Name"?: string;
  Plans?: PlanNode[];
};

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  // The clock stays the one that the migration made until a test moves it.
  database = await createTestDatabase();
  await fill(database.pool);
  db = openDatabase({
    url: database.url,
    applicationName: "plans",
    maxConnections: 1,
    statementTimeoutMs: 10_000,
    connectTimeoutMs: 5_000,
    // Plans are made without a look at the values.
    indexPlansOnly: true,
  });
});
afterAll(async () => {
  await db.end();
  await database.drop();
});

/** 20,000 jobs with a cursor each, and 30,000 live runs in every state. */
async function fill(pool: Database): Promise<void> {
  await pool.query(`insert into punctual.cursors (shard, job_id, tenant_id, revision, next_at, due_at)
    select n % 256, gen_random_uuid(), 1, 1, t, t from generate_series(1, 20000) n, lateral (select now() + (n - 10000) * interval '1 second' as t) t`);
  await pool.query(`insert into punctual.nodes (name, version, started_at, lease_until, beat, slots, buried_at)
    select 'n', '0', now(), now(), gen_random_uuid(), 1, case n % 2 when 0 then now() end from generate_series(1, 20) n`);
  await pool.query(`insert into punctual.live_runs (shard, run_id, job_id, tenant_id, revision, state, kind, priority, origin, nominal_at, due_at, attempt, holder)
    select n % 256, gen_random_uuid(), gen_random_uuid(), 1, 1, (array['ready', 'running', 'waiting'])[1 + n % 3], 'scheduled', n % 10, n % 50, now(),
           now() + (n - 15000) * interval '1 second', 1, case n % 3 when 1 then 1 + n % 20 end from generate_series(1, 30000) n`);
  await pool.query("update punctual.live_runs set held = 'breaker' where state = 'waiting' and origin % 5 = 2");
  await pool.query("update punctual.live_runs set queue = shard, concurrency_key = priority, pulled = shard % 2 = 0 where shard < 128");
  await pool.query(`insert into punctual.queues (shard, queue, tenant_id, name, created_at, updated_at)
    select n % 256, n, 1, 'q' || n, now(), now() from generate_series(0, 5000) n`);
  await pool.query("update punctual.live_runs set held = 'overlap' where state = 'waiting' and shard % 2 = 0 and priority = 1");
  await pool.query(`insert into punctual.backfills (shard, backfill_id, job_id, tenant_id, revision, from_at, to_at, next_at, state, concurrency, total, created_at)
    select n % 256, gen_random_uuid(), gen_random_uuid(), 1, 1, now(), now(), now(), case n % 9 when 0 then 'running' else 'done' end, 1, 1, now()
    from generate_series(1, 10000) n`);
  await pool.query("analyze punctual.cursors, punctual.live_runs, punctual.nodes, punctual.queues, punctual.backfills");
}

async function planOf(name: keyof typeof hot): Promise<PlanNode[]> {
  await db.query(`prepare ${name} as ${hot[name]}`);
  try {
    const { rows } = await db.query<{ "QUERY PLAN": [{ Plan: PlanNode }] }>(
      `explain (format json) execute ${name} (${parameters[name].join(", ")})`,
    );
    return flatten(at(rows, 0)["QUERY PLAN"][0].Plan);
  } finally {
    await db.query(`deallocate ${name}`);
  }
}

const flatten = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(flatten)];

/** Statement and what the end of its header's "Index:" sentence names: indexes, or "primary key of" tables. */
async function namedIndexes(): Promise<Map<string, string[]>> {
  const text = (await Promise.all(sources.map((source) => readFile(source, "utf8")))).join("\n");
  const headers = text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*?)\*\/\nexport const (\w+) =/g);
  return new Map(
    [...headers].map(([, header = "", name = ""]) => {
      const [, sentence = ""] = /Index:([^.]*)/.exec(header.replaceAll(/\s*\*\s*/g, " ")) ?? [];
      const primaryKeys = [...sentence.matchAll(/primary key of (\w+)/g)].map(([, table]) => `${table}_pkey`);
      const others = [...sentence.matchAll(/\b(?:cursors|live_runs)_\w+/g)].map(([index]) => index);
      return [name, [...primaryKeys, ...others]];
    }),
  );
}

describe("every hot statement", () => {
  test("names the indexes it uses in its header", async () => {
    const named = await namedIndexes();
    expect([...named.keys()].sort()).toEqual(Object.keys(hot).sort());
    for (const [name, indexes] of named) expect(indexes, name).not.toEqual([]);
  });

  test.each(Object.keys(hot) as (keyof typeof hot)[])("%s uses the indexes that its header names, and walks no hot table", async (name) => {
    const plan = await planOf(name);
    const used = new Set(plan.map((node) => node["Index Name"]).filter((index) => index !== undefined));
    for (const index of (await namedIndexes()).get(name) ?? []) expect([...used], name).toContain(index);
    const walked = plan.filter((node) => node["Node Type"] === "Seq Scan" && node["Relation Name"] !== "nodes");
    expect(walked.map((node) => node["Relation Name"])).toEqual([]);
    for (const node of plan.filter((each) => each["Index Name"] !== undefined && each["Relation Name"] !== "nodes")) {
      expect(node["Index Cond"], `${name}: ${node["Index Name"]}`).toMatch(/shard|job_id/);
    }
  });

  /** A thousand rows for each of a thousand would be a million comparisons. Logs come for a hundred runs at most; `seen` is one queue. */
  const batches = (Object.keys(hot) as (keyof typeof hot)[]).filter((name) => name !== "appendLogsSql");
  test.each(batches)("%s joins no list of its own to another, row by row", async (name) => {
    const joins = (await planOf(name)).filter((node) => node["Node Type"] === "Nested Loop" && / = /.test(node["Join Filter"] ?? ""));
    expect(joins.map(({ Plans: [, inner] = [] }) => inner?.["CTE Name"]).filter((list) => list !== undefined && list !== "seen")).toEqual(
      [],
    );
  });
});

describe("a cursor that was read a moment ago", () => {
  test("is found at its place, through no index", async () => {
    const cursors = (await planOf("fireInPlaceSql")).filter(
      (node) => node["Relation Name"] === "cursors" && node["Node Type"] !== "ModifyTable",
    );
    expect(cursors.map((node) => node["Node Type"])).toEqual(["Tid Scan", "Tid Scan"]);
  });
});

describe("a claim from a queue", () => {
  const prepared =
    "select generic_plans::int as kept, custom_plans::int as anew from pg_prepared_statements where name = 'claim_from_queue'";
  const taker = { holder: -1, worker: "w", leaseMs: 1_000 };

  test("walks the queue in the order of its index, however much waits in it", async () => {
    const locking = (await planOf("claimFromQueueSql")).filter((node) => node["Node Type"] === "LockRows");
    expect(locking).toHaveLength(2);
    expect(locking.flatMap(flatten).map((node) => node["Node Type"])).not.toContain("Sort");
  });

  test("is planned once, not for each queue", async () => {
    for (let queue = 200; queue < 210; queue++) await claimFromQueue(db, taker, { shard: queue, queue }, 100);
    expect((await db.query(prepared)).rows).toEqual([{ kept: 10, anew: 0 }]);
  });
});

describe("when the statistics say that nothing is due", () => {
  test.each(["fireSql", "fireUnlessBusySql"] as const)("%s still finds each cursor by its job", async (name) => {
    await database.freezeClock("2000-01-01T00:00:00Z");
    await db.query("discard plans");
    await db.query("set plan_cache_mode = force_custom_plan");
    const cursors = (await planOf(name)).filter((node) => node["Relation Name"] === "cursors" && node["Index Name"] !== undefined);
    await db.query("set plan_cache_mode = force_generic_plan");
    await database.resetClock();
    expect(cursors.length).toBeGreaterThan(0);
    for (const { "Index Cond": condition } of cursors) expect(condition).toContain("job_id");
  });
});

describe("the clock is inlined into the index condition of what is due", () => {
  const clocks: [string, () => Promise<void>, RegExp][] = [
    ["in production", async () => {}, /due_at <= statement_timestamp\(\)/],
    ["when a test has moved it", () => database.moveClock(60_000), /due_at <= \(statement_timestamp\(\) \+/],
    ["when a test has frozen it", () => database.freezeClock("2027-03-01T09:00:00Z"), /due_at <= '2027-03-01 09:00:00/],
  ];
  test.each(clocks)("%s", async (_name, setClock, condition) => {
    await setClock();
    await db.query("discard plans");
    const conditionOf = async (name: keyof typeof hot, index: string) =>
      (await planOf(name)).find((node) => node["Index Name"] === index)?.["Index Cond"];
    expect(await conditionOf("dueSql", "cursors_due")).toMatch(condition);
    expect(await conditionOf("dueSql", "cursors_due")).toContain("due_at >= ");
    expect(await conditionOf("wakeSql", "live_runs_wake")).toMatch(condition);
  });
});

describe("when statistics were taken while next to nothing was live", () => {
  const all = Object.keys(hot) as (keyof typeof hot)[];
  describe.each([
    ["nothing at all", 0],
    ["few of many that there had been", 50],
  ])("%s", (_what, left) => {
    beforeAll(async () => {
      const { pool } = database;
      await pool.query("truncate punctual.live_runs");
      await pool.query(`insert into punctual.live_runs (shard, run_id, job_id, tenant_id, revision, state, kind, priority, origin, nominal_at, due_at, attempt, holder)
        select n % 256, gen_random_uuid(), gen_random_uuid(), 1, 1, 'running', 'scheduled', 0, 0, now(), now(), 1, 1 from generate_series(1, 100000) n`);
      await pool.query("delete from punctual.live_runs where run_id not in (select run_id from punctual.live_runs limit $1)", [left]);
      await pool.query("vacuum (analyze, truncate off) punctual.live_runs");
    });

    test.each(all)("%s still looks rows up by their key", async (name) => {
      const scans = (await planOf(name)).filter((node) => node["Index Name"] !== undefined && node["Relation Name"] !== "nodes");
      for (const { "Index Cond": condition, "Index Name": index } of scans) expect(condition, `${name}: ${index}`).toMatch(/shard|job_id/);
    });

    test.each(["settleSucceededSql", "settleLeasedSql", "settleSql", "claimSql", "extendSql", "acceptSql"] as const)(
      "%s finds each run by its id",
      async (name) => {
        const conditions = (await planOf(name)).flatMap((node) => (node["Index Name"] === "live_runs_pkey" ? [node["Index Cond"]] : []));
        expect(conditions.length).toBeGreaterThan(0);
        for (const condition of conditions) expect(condition).toContain("run_id");
      },
    );
  });
});
