import { createTestDatabase, type TestDatabase } from "@punctual/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  countDeadLetters,
  type DeadLetterFilters,
  type DeadLetterLook,
  findDeadLetters,
  mostToLookAt,
  searchStatement,
} from "../../src/store/dead-letter-search.ts";
import { createPartitions } from "../../src/store/partitions.ts";
import { at, startMs } from "./fixture.ts";

type PlanNode = {
  "Node Type": string;
  "Index Name"?: string;
  "Relation Name"?: string;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  Plans?: PlanNode[];
};

const dead = 100_000;
const tenantId = 7;
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.freezeClock(startMs);
  await createPartitions(database.pool);
  // 100,000 dead letters of one tenant over two days, each with its last attempt, among as many runs that succeeded; every 50,000th is a timeout.
  await database.pool.query(
    `insert into punctual.finished_runs (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, finished_at, failure_class, status_code, origin)
     select n % 256, (lpad(to_hex($2::bigint + n), 12, '0') || '8' || lpad(to_hex(n), 17, '0') || lpad(to_hex(n % 256), 2, '0'))::uuid,
            ('00000000-0000-8000-8000-0000000000' || lpad(to_hex(n % 256), 2, '0'))::uuid, $3, 1, case when n % 2 = 0 then 'succeeded' else 'dead' end, 'scheduled',
            punctual.at($2::bigint + n), 1, punctual.at($2::bigint + n * 600), case when n % 100000 = 1 then 'timeout' else 'http_status' end, 500, 1
     from generate_series(1, 2 * $1::int) n`,
    [dead, startMs, tenantId],
  );
  await database.pool.query(
    `insert into punctual.attempts (shard, run_id, attempt, outcome, started_at, finished_at, output)
     select shard, run_id, 1, 'failed', finished_at, finished_at, 'an answer' from punctual.finished_runs where state = 'dead'`,
  );
  await database.pool.query("analyze punctual.finished_runs, punctual.attempts");
}, 120_000);
afterAll(() => database.drop());

const look = (change: Partial<DeadLetterLook> = {}): DeadLetterLook => ({
  pastId: null,
  order: "desc",
  resolved: false,
  limit: 50,
  most: 10_000,
  ...change,
});
const flatten = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(flatten)];

/** What finding a page really touched: rows of the scans of a table, kept or not, and the indexes used. */
async function touched(
  filters: DeadLetterFilters,
  change: Partial<DeadLetterLook> = {},
): Promise<{ rows: number; tries: number; indexes: Set<string> }> {
  const most = mostToLookAt(filters);
  const { stopId } = await findDeadLetters(database.pool, tenantId, filters, look({ most, ...change }));
  const { text, values } = searchStatement(tenantId, filters, look({ most, ...change }), stopId);
  const { rows } = await database.pool.query<{ "QUERY PLAN": [{ Plan: PlanNode }] }>(`explain (analyze, format json) ${text}`, values);
  const scans = flatten(at(rows, 0)["QUERY PLAN"][0].Plan).filter((node) => node["Relation Name"] !== undefined);
  const sum = (table: string) =>
    scans
      .filter((node) => node["Relation Name"]?.startsWith(table))
      .reduce((total, node) => total + (node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)) * node["Actual Loops"], 0);
  // How an empty partition is found to be empty does not matter.
  const indexes = scans
    .filter((node) => node["Actual Rows"] > 0)
    .map((node) => node["Index Name"] ?? `${node["Node Type"]} of ${node["Relation Name"]}`);
  return { rows: sum("finished_runs"), tries: sum("attempts"), indexes: new Set(indexes) };
}

test("a page of 100,000 dead letters touches no more than it shows, and only the index of dead letters", async () => {
  const { rows, indexes } = await touched({ labels: [] });
  // One more than the page, and one that each of the five partitions has ready for the merge.
  expect(rows).toBeLessThanOrEqual(51 + 5);
  for (const index of indexes) expect(index).toMatch(/finished_runs_(\d+|default)_tenant_id_run_id_idx/);
});

test("a filter that nothing matches touches 10,000 of them a page, and the cursor goes through all", async () => {
  const filters: DeadLetterFilters = { labels: [], failureClass: "dns" };
  const { rows } = await touched(filters);
  expect(rows).toBeLessThanOrEqual(10_000 + 5);
  let pages = 0;
  let pastId: string | null = null;
  do {
    const found = await findDeadLetters(database.pool, tenantId, filters, look({ pastId }));
    expect(found.ids).toEqual([]);
    pastId = found.stopId;
    pages++;
  } while (pastId !== null);
  expect(pages).toBeGreaterThanOrEqual(dead / 10_000);
});

test("a filter that few match finds every one of them, page by page", async () => {
  const found: string[] = [];
  let pastId: string | null = null;
  do {
    const page = await findDeadLetters(database.pool, tenantId, { labels: [], failureClass: "timeout" }, look({ pastId, order: "asc" }));
    found.push(...page.ids);
    pastId = page.stopId;
  } while (pastId !== null);
  const { rows } = await database.pool.query(
    "select run_id from punctual.finished_runs where failure_class = 'timeout' and state = 'dead' order by run_id",
  );
  expect(found).toEqual(rows.map((row: { run_id: string }) => row.run_id));
});

test("a text that nobody answered touches 1,000 of them a page, and their last attempts only", async () => {
  const { rows, tries } = await touched({ labels: [], text: "no such words" });
  expect(rows).toBeLessThanOrEqual(1_000 + 5);
  expect(tries).toBeLessThanOrEqual(1_000);
});

test("those of one job are walked by their own index", async () => {
  const { rows, indexes } = await touched({ labels: [], jobId: "00000000-0000-8000-8000-000000000001" });
  expect(rows).toBeLessThanOrEqual(51 + 5);
  for (const index of indexes) expect(index).toMatch(/shard_job_id_run_id_idx/);
});

test("counting ends at its bound, and says so", async () => {
  expect(await countDeadLetters(database.pool, tenantId, { labels: [] }, 10_000)).toEqual({ count: 10_000, more: true });
  const dns: DeadLetterFilters = { labels: [], failureClass: "dns" };
  expect(await countDeadLetters(database.pool, tenantId, dns, 10_000)).toEqual({ count: 0, more: true });
  expect(await countDeadLetters(database.pool, tenantId, { ...dns, toMs: startMs + dead }, 10_000)).toEqual({ count: 0, more: false });
  expect(await countDeadLetters(database.pool, tenantId, { labels: [], text: "nobody" }, 10_000)).toEqual({ count: 0, more: true });
});
