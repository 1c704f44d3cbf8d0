import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JobFilters } from "../../src/store/job-filters.ts";
import { type JobListPage, listJobs } from "../../src/store/job-list.ts";
import { insertJobs } from "../../src/store/jobs.ts";
import { createStore, minuteMs, newJob, type Store, startMs } from "./fixture.ts";

type Known = {
  jobId: string;
  name: string | null;
  labels: Record<string, string>;
  targetType: string;
  nextMs: number;
  status: "active" | "paused" | "completed";
};

const names = [null, "a", "ab", "a_b", "a%b", "a\\b", "b", "ab/c", "Ab", "ä"];
const labels: Record<string, string>[] = [
  {},
  { team: "billing" },
  { team: "ops" },
  { team: "billing", env: "prod" },
  { env: "" },
  { team: "a=b" },
];
let store: Store;
const known: Known[] = [];

beforeAll(async () => {
  store = await createStore();
  for (let index = 0; index < 120; index++) {
    const base = names[index % names.length];
    const job = newJob({
      name: base === null || base === undefined ? null : `${base}${index}`,
      labels: labels[index % labels.length] ?? {},
      targetType: index % 3 ? "http" : "worker",
      nextMs: startMs + (index % 7) * minuteMs,
    });
    const status = (["active", "paused", "completed"] as const)[index % 5 === 0 ? 1 : index % 11 === 0 ? 2 : 0];
    known.push({ ...job, status });
    await insertJobs(store.db, store.tenantId, [job]);
    if (status === "paused") {
      await store.rows("update punctual.jobs set status = 'paused' where job_id = $1", [job.jobId]);
      await store.rows("update punctual.cursors set next_at = null, due_at = 'infinity' where job_id = $1", [job.jobId]);
    }
    if (status === "completed") await store.rows("delete from punctual.cursors where job_id = $1", [job.jobId]);
  }
  const stranger = await store.addTenant("stranger");
  await insertJobs(store.db, stranger, [newJob({ name: "a0", labels: { team: "billing" } })]);
});
afterAll(() => store.database.drop());

/** What the filters mean, in its plainest form. */
function matching(filters: JobFilters): string[] {
  return known
    .filter(
      (job) =>
        (filters.status === undefined || job.status === filters.status) &&
        filters.labels.every(({ key, value }) => Object.hasOwn(job.labels, key) && (value === null || job.labels[key] === value)) &&
        (filters.namePrefix === undefined || job.name?.startsWith(filters.namePrefix)) &&
        (filters.targetType === undefined || job.targetType === filters.targetType) &&
        (filters.nextFromMs === undefined || (job.status === "active" && job.nextMs >= filters.nextFromMs)) &&
        (filters.nextToMs === undefined || (job.status === "active" && job.nextMs < filters.nextToMs)),
    )
    .sort((a, b) => (filters.namePrefix === undefined ? -compare(a.jobId, b.jobId) : compare(a.name ?? "", b.name ?? "")))
    .map((job) => job.jobId);
}

const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** @param firstJobs how many jobs a page looks at before it rests */
async function listAll(filters: JobFilters, limit: number, firstJobs: number): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | null = null; ; ) {
    const page: JobListPage = await listJobs(store.db, store.tenantId, filters, { after, limit }, { firstJobs, budgetMs: 0 });
    expect(page.rows.length).toBeLessThanOrEqual(limit);
    ids.push(...page.rows.map((row) => row.job_id));
    after = page.nextAfter;
    if (after === null) return ids;
  }
}

const label = fc.constantFrom(
  { key: "team", value: "billing" },
  { key: "team", value: null },
  { key: "env", value: "" },
  { key: "team", value: "a=b" },
  { key: "none", value: null },
);
const instant = fc.integer({ min: -1, max: 8 }).map((minutes) => startMs + minutes * minuteMs);
const anyFilters: fc.Arbitrary<JobFilters> = fc.record(
  {
    labels: fc.array(label, { maxLength: 2 }),
    status: fc.constantFrom("active" as const, "paused" as const, "completed" as const),
    namePrefix: fc.constantFrom("a", "a_", "a%", "a\\", "ab/", "A", "ä", "zzz"),
    targetType: fc.constantFrom("http", "worker"),
    nextFromMs: instant,
    nextToMs: instant,
  },
  { requiredKeys: ["labels"] },
);

describe("the list of jobs", () => {
  const each: [string, JobFilters][] = [
    ["without a filter", { labels: [] }],
    ["by status", { labels: [], status: "completed" }],
    ["by a label", { labels: [{ key: "team", value: "billing" }] }],
    ["by a label's key", { labels: [{ key: "env", value: null }] }],
    ["by a name's beginning", { labels: [], namePrefix: "a_b" }],
    ["by the target's type", { labels: [], targetType: "worker" }],
    ["by the next run's time", { labels: [], nextFromMs: startMs + minuteMs, nextToMs: startMs + 3 * minuteMs }],
  ];
  test.each(each)("%s holds what it says, newest first or by name", async (_name, filters) => {
    expect(matching(filters)).not.toEqual([]);
    expect(await listAll(filters, 200, 500)).toEqual(matching(filters));
  });

  test("by any combination of filters, in pages of any size and however early they rest, holds what a plain filter would, each job once", async () => {
    await fc.assert(
      fc.asyncProperty(anyFilters, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 60 }), async (filters, limit, firstJobs) => {
        expect(await listAll(filters, limit, firstJobs)).toEqual(matching(filters));
      }),
      { numRuns: 60 },
    );
  });

  test("neither repeats nor misses a job while others are created", async () => {
    const before = matching({ labels: [] });
    const seen: string[] = [];
    while (seen.length < before.length) {
      const { rows } = await listJobs(store.db, store.tenantId, { labels: [] }, { after: seen.at(-1) ?? null, limit: 7 });
      seen.push(...rows.map((row) => row.job_id));
      // Made after the list was begun, so its id is higher than any.
      const { jobId, ...late } = newJob();
      await insertJobs(store.db, store.tenantId, [{ ...late, jobId: `ffff${jobId.slice(4)}` }]);
    }
    expect(seen).toEqual(before);
    await store.rows("delete from punctual.jobs where job_id > 'ffff0000-0000-0000-0000-000000000000'");
  });
});
