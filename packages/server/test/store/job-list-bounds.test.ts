import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Queryable, transaction } from "../../src/store/database.ts";
import type { JobFilters } from "../../src/store/job-filters.ts";
import { type JobListPage, type ListPace, listJobs } from "../../src/store/job-list.ts";
import { createStore, type Store } from "./fixture.ts";

const jobs = 24_000;
/** Each label's jobs by number, of which the newest is the highest. */
const labelled = {
  common: "g % 5 = 0",
  few: "g % 1000 = 1",
  some: "g % 100 = 1",
  many: "g % 10 = 2",
  lately: "g > 23990 or g <= 3000",
  old: "g <= 3000",
  none: "false",
};

let store: Store;
beforeAll(async () => {
  store = await createStore();
  const stranger = await store.addTenant("stranger");
  const labels = Object.entries(labelled).map(([label, which]) => `case when ${which} then '{"${label}":"yes"}' else '{}' end::jsonb`);
  for (const [tenantId, word] of [
    [store.tenantId, "a"],
    [stranger, "b"],
  ]) {
    await store.rows(
      `with numbered as (
         select g, (lpad(to_hex(g), 12, '0') || '8' || repeat($1, 3) || '8' || repeat($1, 15))::uuid as job_id, ('x' || $1 || $1)::bit(8)::int as shard
         from generate_series(1, $2::int) g),
       jobs as (
         insert into punctual.jobs (shard, job_id, tenant_id, name, revision, status, definition, target_type, labels, created_at, updated_at)
         select shard, job_id, $3, 'job-' || lpad(g::text, 5, '0'), 1, 'active', '{}', 'http', ${labels.join(" || ")}, now(), now() from numbered),
       names as (
         insert into punctual.job_names (tenant_id, name, shard, job_id) select $3, 'job-' || lpad(g::text, 5, '0'), shard, job_id from numbered)
       insert into punctual.cursors (shard, job_id, tenant_id, revision, next_at, due_at) select shard, job_id, $3, 1, now(), now() from numbered`,
      [word, tenantId === stranger ? 500 : jobs, tenantId],
    );
  }
});
afterAll(() => store.database.drop());

const filterOf = (label: string) => ({ labels: [{ key: label, value: "yes" }] });
const plainly = async (label: string, limit: number, beforeId = "ffffffff-ffff-ffff-ffff-ffffffffffff") =>
  (
    await store.rows<{ job_id: string }>(
      "select job_id from punctual.jobs where tenant_id = $1 and labels ? $2 and job_id < $3 order by job_id desc limit $4",
      [store.tenantId, label, beforeId, limit],
    )
  ).map((row) => row.job_id);

/** A page that never rests, so that how many statements it takes is certain. */
const tireless = { firstJobs: 500, budgetMs: Number.POSITIVE_INFINITY };
const listed = async (filters: JobFilters, limit: number, pace: ListPace, after: string | null = null) =>
  listJobs(store.db, store.tenantId, filters, { after, limit }, pace);

type Sent = { text: string; values: unknown[] };

/** A page, the statements that it took, and the most rows that the first one read of any table or index. */
const watched = (filters: JobFilters, limit: number, pace: ListPace) =>
  transaction(store.db, async (tx) => {
    const query = vi.spyOn(tx, "query");
    const page = await listJobs(tx, store.tenantId, filters, { after: null, limit }, pace);
    const sent = query.mock.calls.map(([statement]) => statement as unknown as Sent | string).slice(1) as Sent[];
    query.mockRestore();
    return { page, sent, read: sent[0] ? await mostRowsRead(tx, sent[0]) : 0 };
  });

describe("jobs by label", () => {
  const each: [keyof typeof labelled, string, number, number][] = [
    ["common", "that many of the newest have take one statement", 51, 1],
    ["some", "that enough of the newest have take as many pieces as fill the page", 50, 4],
    ["few", "that few have take three", 51, 3],
    ["none", "that nobody has take three", 51, 3],
  ];
  test.each(each)("%s: those %s, and are the newest of all", async (label, _words, limit, statements) => {
    const { page, sent } = await watched(filterOf(label), limit, tireless);
    expect(sent.length).toBe(statements);
    expect(page.rows.map((row) => row.job_id)).toEqual(await plainly(label, limit));
  });

  test.each(Object.keys(labelled))("%s: pages that rest go on where the last one ended, to the end", async (label) => {
    const seen: string[] = [];
    for (let after: string | null = null; ; ) {
      const page: JobListPage = await listed(filterOf(label), 900, { firstJobs: 500, budgetMs: 0 }, after);
      seen.push(...page.rows.map((row) => row.job_id));
      after = page.nextAfter;
      if (after === null) break;
    }
    expect(seen).toEqual(await plainly(label, jobs));
  });

  test("with a status is the same page without the others, also when nearly all are left out", async () => {
    const [first = "", second = ""] = (await plainly("common", jobs)).slice(-2);
    await store.rows("update punctual.jobs set status = 'paused' where tenant_id = $1 and job_id in ($2, $3)", [
      store.tenantId,
      first,
      second,
    ]);
    const { rows } = await listed({ ...filterOf("common"), status: "paused" }, 51, tireless);
    expect(rows.map((row) => row.job_id)).toEqual([first, second]);
  });
});

describe("a page of jobs", () => {
  const rare: [string, JobFilters][] = [
    ["a status", { labels: [], status: "completed" }],
    ["a target type", { labels: [], targetType: "worker" }],
    ["a time", { labels: [], nextFromMs: 4_000_000_000_000 }],
    ["a label's key", { labels: [{ key: "none", value: null }] }],
    ["a label of thousands", filterOf("old")],
    ["a name's beginning and a status", { labels: [], namePrefix: "job-", status: "completed" }],
  ];
  test.each(rare)("by %s that none of the next jobs has reads no more than it may, and says how far it came", async (_name, filters) => {
    const { page, read } = await watched(filters, 50, { firstJobs: 500, budgetMs: 0 });
    expect(page.rows).toEqual([]);
    expect(page.nextAfter).toBe(filters.namePrefix === undefined ? (await newestIds(500)).at(-1) : "job-00500");
    expect(read).toBe(500);
  });
});

const newestIds = async (limit: number) =>
  (
    await store.rows<{ job_id: string }>("select job_id from punctual.jobs where tenant_id = $1 order by job_id desc limit $2", [
      store.tenantId,
      limit,
    ])
  ).map((row) => row.job_id);

type Plan = { "Node Type": string; "Actual Rows": number; "Actual Loops": number; "Rows Removed by Filter"?: number; Plans?: Plan[] };

async function mostRowsRead(tx: Queryable, { text, values }: Sent): Promise<number> {
  const { rows } = await tx.query<{ "QUERY PLAN": [{ Plan: Plan }] }>(`explain (analyze, format json) ${text}`, values);
  const readBy = (plan: Plan): number[] => [
    plan["Node Type"].includes("Scan") ? (plan["Actual Rows"] + (plan["Rows Removed by Filter"] ?? 0)) * plan["Actual Loops"] : 0,
    ...(plan.Plans ?? []).flatMap(readBy),
  ];
  return Math.max(...(rows[0] ? readBy(rows[0]["QUERY PLAN"][0].Plan) : []));
}
