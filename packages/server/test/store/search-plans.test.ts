import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPartitions } from "../../src/store/partitions.ts";
import { searchSql, type Walk, walkIndexes, walkNames } from "../../src/store/search-statements.ts";
import { at, createStore, hourMs, type Store, startMs } from "./fixture.ts";

/** The index that each walk is for, and the key that it is entered by. */
const indexes: { [walk in Walk]: [index: string, condition: RegExp] } = {
  tenant: ["finished_runs_tenant", /tenant_id = \$1/],
  job: ["finished_runs_job", /shard = .* AND \(job_id = /],
  jobOutcome: ["finished_runs_job_outcome", /shard = .* AND \(job_id = /],
  outcome: ["finished_runs_outcome", /tenant_id = \$1.* AND \(state = /],
  failure: ["finished_runs_failure", /tenant_id = \$1.* AND \(failure_class = /],
  shard: ["finished_runs_pkey", /shard = /],
};

type PlanNode = { "Node Type": string; "Index Name"?: string; "Index Cond"?: string; "Relation Name"?: string; Plans?: PlanNode[] };

let store: Store;
/** Index of a partition to the index of the whole table that it belongs to. */
let wholeOf: Map<string, string>;

beforeAll(async () => {
  store = await createStore();
  for (const daysAgo of [12, 8, 4, 0]) {
    await store.database.freezeClock(startMs - daysAgo * 24 * hourMs);
    await createPartitions(store.db);
  }
  await store.rows(`insert into punctual.finished_runs (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, finished_at, failure_class)
    select n % 256, gen_random_uuid(), gen_random_uuid(), 1 + n % 2, 1, (array['succeeded', 'succeeded', 'succeeded', 'dead', 'skipped'])[1 + n % 5], 'scheduled', t, 1, t,
           case n % 5 when 3 then 'dns' end
    from generate_series(1, 20000) n, lateral (select punctual.clock() - n * interval '1 minute' as t) t`);
  await store.rows(`insert into punctual.attempts (shard, run_id, attempt, outcome, started_at, finished_at)
    select shard, run_id, 1, 'failed', nominal_at, finished_at from punctual.finished_runs`);
  await store.rows("analyze punctual.finished_runs, punctual.attempts");
  const rows = await store.rows<{ part: string; whole: string }>(
    "select i.inhrelid::regclass::text as part, i.inhparent::regclass::text as whole from pg_inherits i join pg_class c on c.oid = i.inhrelid and c.relkind = 'i'",
  );
  const bare = (name: string) => name.replace("punctual.", "");
  wholeOf = new Map(rows.map(({ part, whole }) => [bare(part), bare(whole)]));
});
afterAll(() => store.database.drop());

const flatten = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(flatten)];

async function planOf(walk: Walk, withText: boolean): Promise<PlanNode[]> {
  const client = await store.db.connect();
  try {
    await client.query(`begin; ${walkIndexes}; prepare search as ${searchSql(walk, withText)}`);
    const id = "'00000000-0000-0000-0000-000000000000'";
    const values = ["1", id, id, "0", "64", "'{1,2}'", "4", "51", ...Array<string>(withText ? 10 : 9).fill("null")];
    const { rows } = await client.query<{ "QUERY PLAN": [{ Plan: PlanNode }] }>(
      `explain (format json) execute search (${values.join(", ")})`,
    );
    return flatten(at(rows, 0)["QUERY PLAN"][0].Plan);
  } finally {
    await client.query("rollback; deallocate all");
    client.release();
  }
}

describe.each(walkNames)("the search by %s", (walk) => {
  test("walks its index in order, in every partition, and fetches nothing else to sort it", async () => {
    const plan = await planOf(walk, false);
    const [index, condition] = indexes[walk];
    const walked = plan.filter((node) => node["Relation Name"]?.startsWith("finished_runs_"));
    expect(walked.length).toBeGreaterThan(10);
    for (const node of walked) {
      expect(wholeOf.get(node["Index Name"] ?? "none")).toBe(index);
      expect(node["Index Cond"]).toMatch(condition);
      expect(node["Index Cond"]).toMatch(/run_id < .*run_id >= /);
    }
    const merges = plan.filter((node) => node["Node Type"] === "Merge Append" && node.Plans?.some((child) => walked.includes(child)));
    expect(merges).toHaveLength(1);
  });

  test("reads live runs by shard, and attempts by the run", async () => {
    const plan = await planOf(walk, true);
    const live = plan.filter((node) => node["Relation Name"] === "live_runs");
    expect(live.map((node) => [node["Index Name"], node["Index Cond"]?.includes("shard")])).toEqual([["live_runs_pkey", true]]);
    const tries = plan.filter((node) => node["Relation Name"]?.startsWith("attempts_"));
    expect(tries.length).toBeGreaterThan(10);
    for (const node of tries) expect(node["Index Cond"]).toMatch(/shard = .*run_id = /);
    expect(plan.filter((node) => node["Node Type"] === "Seq Scan").map((node) => node["Relation Name"])).toEqual([]);
  });
});
