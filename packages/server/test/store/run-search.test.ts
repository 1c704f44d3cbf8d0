import { failureClasses, runStates } from "@punctual/contract";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { originKey, queueKey } from "../../src/model/ids.ts";
import { createPartitions } from "../../src/store/partitions.ts";
import { retryEndedRun } from "../../src/store/retrying.ts";
import { type Pace, type RunFilters, searchRuns } from "../../src/store/run-search.ts";
import type { RunRow } from "../../src/store/runs.ts";
import { at, createStore, fireOne, hourMs, placement, resultOf, type Store, settleOne, startMs } from "./fixture.ts";
import { addHistory, type Known, type KnownJob, matching, originNames, queueName } from "./history.ts";

/** One piece a page, as small as can be: every page but the last stops early. */
const shortest: Pace = { firstRows: 1, budgetMs: 0 };

let store: Store;
let stranger: number;
let jobs: KnownJob[];
let known: Known[];

beforeAll(async () => {
  store = await createStore();
  await store.database.freezeClock(startMs - 3 * 24 * hourMs);
  await createPartitions(store.db);
  await store.database.freezeClock(startMs);
  await createPartitions(store.db);
  stranger = await store.addTenant("stranger");
  ({ jobs, known } = await addHistory(store, store.tenantId, 400));
  await addHistory(store, stranger, 100);
});
afterAll(() => store.database.drop());

type Search = { tenantId?: number; limit?: number; pace?: Pace };

async function searchAll(filters: RunFilters, { tenantId = store.tenantId, limit = 20, pace }: Search = {}): Promise<RunRow[]> {
  const rows: RunRow[] = [];
  for (let below: string | null = null; ; ) {
    const page = await searchRuns(store.db, tenantId, filters, { below, limit }, pace);
    expect(page.rows.length).toBeLessThanOrEqual(limit);
    expect(page.stopped || page.nextBelow === null || page.rows.length === limit).toBe(true);
    rows.push(...page.rows);
    if (page.nextBelow === null) return rows;
    expect(below === null || page.nextBelow < below).toBe(true);
    below = page.nextBelow;
  }
}

const idsOf = (rows: readonly RunRow[]) => rows.map((row) => row.run_id);

const label = fc.constantFrom(
  { key: "team", value: "billing" },
  { key: "team", value: "ops" },
  { key: "team", value: null },
  { key: "env", value: "prod" },
  { key: "none", value: null },
);
const code = fc.constantFrom({ from: 500, to: 599 }, { from: 404, to: 404 }, { from: 200, to: 200 }, { from: 100, to: 599 });
const instant = fc.integer({ min: -70, max: 2 }).map((hours) => startMs + hours * hourMs);
const anyFilters = (): fc.Arbitrary<RunFilters> =>
  fc.record(
    {
      jobId: fc.constantFrom(...jobs.map((job) => job.jobId)),
      labels: fc.array(label, { minLength: 1, maxLength: 2 }),
      states: fc.uniqueArray(fc.constantFrom(...runStates), { minLength: 1, maxLength: 4 }),
      kind: fc.constantFrom("scheduled" as const, "manual" as const, "backfill" as const),
      failureClasses: fc.uniqueArray(fc.constantFrom(...failureClasses), { minLength: 1, maxLength: 6 }),
      statusCodes: fc.array(code, { minLength: 1, maxLength: 2 }),
      origin: fc.constantFrom(...originNames.map((origin) => originKey(store.tenantId, origin))),
      queue: fc.constantFrom(queueKey(store.tenantId, queueName), queueKey(store.tenantId, "other")),
      text: fc.constantFrom("INVOICE", "invoice_", "100%", "\\temp\\", "econnrefused", "%", "no such thing"),
      fromMs: instant,
      toMs: instant,
    },
    { requiredKeys: [] },
  );

describe("a search for runs", () => {
  test("finds what a look at every run would find, in its order, whatever the filters, the pages and the rests it takes", async () => {
    // Each filter is left out more often than not, so that several together still find something.
    const filters = fc.record({ all: anyFilters(), kept: fc.uniqueArray(fc.nat(10), { maxLength: 3 }) }).map(({ all, kept }) => {
      const entries = Object.entries(all).filter((_, index) => kept.includes(index));
      return Object.fromEntries(entries) as RunFilters;
    });
    const pace = fc.constantFrom(undefined, shortest, { firstRows: 16, budgetMs: 0 });
    await fc.assert(
      fc.asyncProperty(filters, fc.integer({ min: 9, max: 70 }), pace, async (wanted, limit, given) => {
        const rows = await searchAll(wanted, { limit, ...(given && { pace: given }) });
        expect(idsOf(rows)).toEqual(matching(known, wanted));
      }),
      { numRuns: 50 },
    );
  }, 60_000);

  test.each([
    ["job", () => ({ jobId: at(jobs, 0).jobId })],
    ["label", () => ({ labels: [{ key: "team", value: "billing" }] })],
    [
      "label that no job can have twice",
      () => ({
        labels: [
          { key: "team", value: "ops" },
          { key: "team", value: "billing" },
        ],
      }),
    ],
    ["job that did not succeed", () => ({ jobId: at(jobs, 0).jobId, states: ["dead", "skipped"] as const })],
    ["way of ending", () => ({ states: ["dead", "cancelled"] as const })],
    ["way of not having ended", () => ({ states: ["waiting"] as const })],
    ["failure class", () => ({ failureClasses: ["dns", "timeout"] as const })],
    ["status code", () => ({ statusCodes: [{ from: 500, to: 599 }] })],
    ["queue", () => ({ queue: queueKey(store.tenantId, queueName) })],
    ["origin", () => ({ origin: originKey(store.tenantId, at(originNames, 1)) })],
    ["text", () => ({ text: "invoice" })],
  ] satisfies [string, () => RunFilters][])("by %s walks its own way and finds the same", async (_name, filters) => {
    const wanted = matching(known, filters());
    expect(idsOf(await searchAll(filters(), { limit: 7 }))).toEqual(wanted);
    expect(idsOf(await searchAll(filters(), { limit: 3, pace: shortest }))).toEqual(wanted);
  });

  test("by a label of more jobs than are looked up one by one finds the same", async () => {
    const many = await store.addTenant("many");
    const { known: made } = await addHistory(store, many, 60);
    await store.rows(
      `insert into punctual.jobs (shard, job_id, tenant_id, revision, status, definition, target_type, labels, created_at, updated_at)
       select 0, gen_random_uuid(), $1, 1, 'active', '{}', 'http', '{"team": "billing"}', now(), now() from generate_series(1, 30)`,
      [many],
    );
    const filters = { labels: [{ key: "team", value: "billing" }] };
    expect(idsOf(await searchAll(filters, { tenantId: many }))).toEqual(matching(made, filters));
  });

  test("is another tenant's business alone, also by the ids of jobs and queues", async () => {
    const theirs = { jobId: at(jobs, 0).jobId };
    expect(await searchAll(theirs, { tenantId: stranger })).toEqual([]);
    expect(await searchAll({ queue: queueKey(store.tenantId, queueName) }, { tenantId: stranger })).toEqual([]);
    const ours = new Set(known.map((run) => run.runId));
    for (const id of idsOf(await searchAll({}, { tenantId: stranger }))) expect(ours.has(id)).toBe(false);
  });

  test("tells of each run what its last attempt came to, live or ended", async () => {
    const byId = new Map(known.map((run) => [run.runId, run]));
    for (const row of await searchAll({})) {
      const run = byId.get(row.run_id);
      expect([row.failure_class, row.status_code]).toEqual([run?.failureClass, run?.statusCode]);
    }
  });

  test("that rests says how far it has looked, and has left out nothing above", async () => {
    const filters: RunFilters = { states: ["succeeded", "waiting"] };
    const page = await searchRuns(store.db, store.tenantId, filters, { below: null, limit: 30 }, shortest);
    expect(page.stopped).toBe(true);
    const whole = matching(known, filters).filter((id) => id >= (page.nextBelow ?? ""));
    expect(idsOf(page.rows)).toEqual(whole);
    expect(whole.length).toBeGreaterThan(0);
    const full = await searchRuns(store.db, store.tenantId, {}, { below: null, limit: 2 }, shortest);
    expect(full).toMatchObject({ stopped: false, nextBelow: full.rows[1]?.run_id });
  });
});

describe("a search while runs end and come back", () => {
  test("neither repeats nor misses one", async () => {
    const fresh = await createStore();
    try {
      const holder = await fresh.addNode();
      const fired = await Promise.all((await fresh.addJobs(30)).map((job) => fireOne(fresh, holder, job)));
      const seen: string[] = [];
      const moving = Promise.all(
        fired.map(async (runId, index) => {
          await settleOne(fresh, resultOf(runId, holder, { next: index % 2 ? "succeeded" : "dead" }));
          if (index % 2 === 0) await retryEndedRun(fresh.db, fresh.tenantId, runId, placement);
        }),
      );
      for (let below: string | null = null; seen.length < fired.length; ) {
        const page = await searchRuns(fresh.db, fresh.tenantId, {}, { below, limit: 1 }, shortest);
        seen.push(...idsOf(page.rows));
        below = page.nextBelow ?? "00000000-0000-0000-0000-000000000000";
        if (page.nextBelow === null) break;
      }
      await moving;
      expect(seen).toEqual(fired.sort().reverse());
    } finally {
      await fresh.database.drop();
    }
  });
});
