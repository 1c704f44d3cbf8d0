import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { shardOf } from "../../src/model/ids.ts";
import { transaction } from "../../src/store/database.ts";
import { fire } from "../../src/store/firing.ts";
import { deleteJob, type ExpectedJob, type Revision, reviseJob } from "../../src/store/job-revisions.ts";
import { findJob, findJobByName, insertJobs, insertJobsHopefully } from "../../src/store/jobs.ts";
import { readPlans } from "../../src/store/plans.ts";
import { type AddedJob, createStore, cursorAt, hourMs, minuteMs, moveOf, newJob, runOf, type Store, startMs } from "./fixture.ts";

let store: Store;
let node: number;
beforeAll(async () => {
  store = await createStore();
  node = await store.addNode(365 * 24 * hourMs);
});
beforeEach(() => store.database.freezeClock(startMs));
afterAll(() => store.database.drop());

const nextMs = startMs + hourMs;
const deletion = { runs: "finish", reason: "it is gone", by: "ann" } as const;
const asRead = (revision = 1, next: number | null = nextMs): ExpectedJob => ({ revision, nextMs: next });
const revision = (change: Partial<Revision> = {}): Revision => {
  const { name, definition, payload, targetType, labels } = newJob();
  return { name, definition, payload, targetType, labels, status: "active", pauseReason: null, cursor: { action: "keep" }, ...change };
};
const revise = (job: AddedJob, expected: ExpectedJob, next: Revision = revision()) =>
  reviseJob(store.db, store.tenantId, job.jobId, expected, next.status === "paused" ? "paused" : "updated", next);
const read = async (job: AddedJob) => {
  const row = await findJob(store.db, store.tenantId, job.jobId);
  return row && { revision: row.revision, next_ms: row.next_ms, due_ms: row.due_ms, fired: row.fired, status: row.status };
};

describe("a revision", () => {
  test("is made of what was read: ten changes at once, made for the same revision, are one", async () => {
    const job = await store.addJob({ nextMs });
    const answers = await Promise.all(Array.from({ length: 10 }, () => revise(job, asRead())));
    expect(answers.filter((answer) => answer !== null)).toEqual([2]);
    expect(await read(job)).toMatchObject({ revision: 2 });
  });

  test("follows revision without a gap when ten writers read and try until they succeed", async () => {
    const job = await store.addJob({ nextMs });
    const made: number[] = [];
    const write = async () => {
      for (;;) {
        const row = await findJob(store.db, store.tenantId, job.jobId);
        const next = await revise(job, asRead(row?.revision));
        if (next !== null) return made.push(next);
      }
    };
    await Promise.all(Array.from({ length: 10 }, write));
    expect(made.sort((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  test("is refused while an occurrence of the old one is due and unfired, and deletion too", async () => {
    const job = await store.addJob({ nextMs: startMs });
    expect(await revise(job, asRead(1, startMs))).toBeNull();
    expect(await deleteJob(store.db, store.tenantId, job.jobId, asRead(1, startMs), deletion)).toBe(false);
    await fire(store.db, node, [moveOf(job)], [runOf(job)]);
    expect(await revise(job, asRead(1, startMs + hourMs))).toBe(2);
  });

  test("is refused when an occurrence was fired after the change was decided, and deletion too", async () => {
    const job = await store.addJob({ nextMs: startMs });
    await fire(store.db, node, [moveOf(job)], [runOf(job)]);
    const decidedBefore = revision({
      cursor: { action: "set", next: cursorAt(startMs), afterMs: null, restartCount: false, mayHavePassed: true },
    });
    expect(await revise(job, asRead(1, startMs), decidedBefore)).toBeNull();
    expect(await deleteJob(store.db, store.tenantId, job.jobId, asRead(1, startMs), deletion)).toBe(false);
    expect(await read(job)).toMatchObject({ revision: 1, next_ms: startMs + hourMs });
  });

  test("of another tenant's job is not made", async () => {
    const job = await store.addJob({ nextMs });
    const stranger = await store.addTenant("stranger");
    expect(await reviseJob(store.db, stranger, job.jobId, asRead(), "updated", revision())).toBeNull();
    expect(await deleteJob(store.db, stranger, job.jobId, asRead(), deletion)).toBe(false);
  });
});

describe("a revision's cursor", () => {
  const soonMs = startMs + minuteMs;

  test.each([
    ["keep", { action: "keep" }, { next_ms: nextMs, due_ms: nextMs, fired: 3 }],
    ["hold", { action: "hold", restartCount: false }, { next_ms: null, due_ms: Number.POSITIVE_INFINITY, fired: 3 }],
    ["hold and count anew", { action: "hold", restartCount: true }, { next_ms: null, due_ms: Number.POSITIVE_INFINITY, fired: 0 }],
    [
      "set",
      { action: "set", next: cursorAt(soonMs), afterMs: null, restartCount: false, mayHavePassed: false },
      { next_ms: soonMs, due_ms: soonMs, fired: 3 },
    ],
    [
      "set and count anew",
      { action: "set", next: cursorAt(soonMs), afterMs: null, restartCount: true, mayHavePassed: false },
      { next_ms: soonMs, due_ms: soonMs, fired: 0 },
    ],
    [
      "set to a time that has passed",
      { action: "set", next: cursorAt(startMs - hourMs), afterMs: null, restartCount: true, mayHavePassed: true },
      { next_ms: startMs - hourMs, due_ms: startMs, fired: 0 },
    ],
    ["drop", { action: "drop" }, { next_ms: null, due_ms: null, fired: null }],
  ] as [string, Revision["cursor"], object][])("%s", async (_name, cursor, expected) => {
    const job = await store.addJob({ nextMs });
    await store.rows("update punctual.cursors set fired = 3 where job_id = $1", [job.jobId]);
    await revise(job, asRead(), revision({ cursor }));
    expect(await read(job)).toMatchObject({ revision: 2, ...expected });
    expect(await store.rows("select revision from punctual.cursors where job_id = $1", [job.jobId])).toEqual(
      cursor.action === "drop" ? [] : [{ revision: 2 }],
    );
  });

  test("is not set to a time that passed after the change was decided", async () => {
    const job = await store.addJob({ nextMs });
    const decided = (mayHavePassed: boolean) =>
      revision({ cursor: { action: "set", next: cursorAt(startMs), afterMs: null, restartCount: true, mayHavePassed } });
    expect(await revise(job, asRead(), decided(false))).toBeNull();
    expect(await revise(job, asRead(), decided(true))).toBe(2);
  });

  test("begins anew for a job whose schedule was over", async () => {
    const job = await store.addJob({ nextMs });
    await revise(job, asRead(), revision({ cursor: { action: "drop" } }));
    await revise(
      job,
      asRead(2, null),
      revision({ cursor: { action: "set", next: cursorAt(soonMs), afterMs: null, restartCount: true, mayHavePassed: false } }),
    );
    expect(await read(job)).toMatchObject({ revision: 3, next_ms: soonMs, fired: 0 });
  });
});

describe("names", () => {
  test("are taken once in a tenant, freed by renaming and deletion, and free in other tenants", async () => {
    const [one, two] = [await store.addJob({ nextMs, name: "one" }), await store.addJob({ nextMs, name: "two" })];
    await expect(revise(two, asRead(), revision({ name: "one" }))).rejects.toMatchObject({ constraint: "job_names_pkey" });
    expect(await read(two)).toMatchObject({ revision: 1 });
    expect(await revise(one, asRead(), revision({ name: "uno" }))).toBe(2);
    expect(await revise(two, asRead(), revision({ name: "one" }))).toBe(2);
    expect((await findJobByName(store.db, store.tenantId, "one"))?.job_id).toBe(two.jobId);
    expect(await findJobByName(store.db, store.tenantId, "two")).toBeNull();
    expect(await deleteJob(store.db, store.tenantId, two.jobId, asRead(2), deletion)).toBe(true);
    expect(await findJobByName(store.db, store.tenantId, "one")).toBeNull();
    expect(await findJobByName(store.db, await store.addTenant("namesake"), "uno")).toBeNull();
  });

  test.each(Object.entries({ insertJobs, insertJobsHopefully }))(
    "given twice in one request go to the first, and its neighbours are created: %s",
    async (way, insert) => {
      const jobs = [newJob({ name: `${way}-twin` }), newJob({ name: `${way}-twin` }), newJob({ name: `${way}-single` }), newJob()];
      const created = await insert(store.db, store.tenantId, jobs);
      expect(new Set(created.keys())).toEqual(new Set([jobs[0]?.jobId, jobs[2]?.jobId, jobs[3]?.jobId]));
      expect([...created.values()]).toEqual([startMs, startMs, startMs]);
      expect((await insert(store.db, store.tenantId, [newJob({ name: `${way}-twin` })])).size).toBe(0);
    },
  );

  test.each(Object.entries({ insertJobs, insertJobsHopefully }))(
    "wished for in opposite orders by two requests at once block neither: %s",
    async (way, insert) => {
      const names = Array.from({ length: 200 }, (_, index) => `${way}-wish-${index}`);
      const wish = (order: string[]) =>
        insert(
          store.db,
          store.tenantId,
          order.map((name) => newJob({ name })),
        );
      const created = await Promise.all([wish(names), wish([...names].reverse()), wish(names), wish([...names].reverse())]);
      expect(created.reduce((sum, ids) => sum + ids.size, 0)).toBe(200);
    },
  );

  test("that are free when they were hoped to be make jobs that are whole, and leave nothing behind when they are not", async () => {
    const jobs = [newJob({ name: "first", queue: { key: 7, name: "seven" } }), newJob({ labels: { team: "billing" }, payload: "{}" })];
    const created = await insertJobsHopefully(store.db, store.tenantId, jobs);
    expect(created).toEqual(new Map(jobs.map(({ jobId }) => [jobId, startMs])));
    for (const { jobId, name, definition, payload, labels, nextMs: next, dueMs } of jobs) {
      const row = {
        name,
        revision: 1,
        status: "active",
        definition,
        payload,
        labels,
        next_ms: next,
        due_ms: Math.max(dueMs, startMs),
        fired: 0,
        created_ms: startMs,
      };
      expect(await findJob(store.db, store.tenantId, jobId)).toMatchObject(row);
    }
    expect((await findJobByName(store.db, store.tenantId, "first"))?.job_id).toBe(jobs[0]?.jobId);
    const count = "select (select count(*) from punctual.jobs)::int as jobs, (select count(*) from punctual.cursors)::int as cursors";
    const before = await store.rows(count, []);
    expect((await insertJobsHopefully(store.db, store.tenantId, [newJob({ name: "first" })])).size).toBe(0);
    expect(await store.rows(count, [])).toEqual(before);
  });

  test("that are not free leave an open transaction as it was", async () => {
    const [one, two] = [newJob({ name: "held" }), newJob({ name: "held" })];
    const created = await transaction(store.db, async (tx) => [
      await insertJobsHopefully(tx, store.tenantId, [one]),
      await insertJobsHopefully(tx, store.tenantId, [two]),
    ]);
    expect(created.map(({ size }) => size)).toEqual([1, 0]);
    expect(await findJob(store.db, store.tenantId, one.jobId)).not.toBeNull();
  });
});

test("a job's history has no gap and no overlap, from its creation to its deletion", async () => {
  const job = newJob({ nextMs });
  await insertJobs(store.db, store.tenantId, [job]);
  const added = { jobId: job.jobId, shard: shardOf(job.jobId), nextMs };
  const steps: Revision[] = [
    revision({ definition: '{"every":"1h"}' }),
    revision({ status: "paused", cursor: { action: "hold", restartCount: false } }),
    revision({ cursor: { action: "set", next: cursorAt(nextMs + 1), afterMs: null, restartCount: false, mayHavePassed: false } }),
  ];
  for (const [index, step] of steps.entries()) {
    await store.database.moveClock(1_000);
    const row = await findJob(store.db, store.tenantId, added.jobId);
    expect(await revise(added, asRead(index + 1, row?.next_ms ?? null), step)).toBe(index + 2);
  }
  await store.database.moveClock(1_000);
  expect(await deleteJob(store.db, store.tenantId, added.jobId, asRead(4, nextMs + 1), deletion)).toBe(true);
  const history = await store.rows<{ revision: number; from: number; to: number; ended_by: string }>(
    `select revision, punctual.ms(valid_from) as from, punctual.ms(valid_to) as to, ended_by from punctual.job_revisions where job_id = $1 order by revision`,
    [added.jobId],
  );
  expect(history).toEqual([
    { revision: 1, from: startMs, to: startMs + 1_000, ended_by: "updated" },
    { revision: 2, from: startMs + 1_000, to: startMs + 2_000, ended_by: "paused" },
    { revision: 3, from: startMs + 2_000, to: startMs + 3_000, ended_by: "updated" },
    { revision: 4, from: startMs + 3_000, to: startMs + 4_000, ended_by: "deleted" },
  ]);
  expect(await readPlans(store.db, [{ jobId: added.jobId, revision: 2 }])).toMatchObject([{ definition: '{"every":"1h"}' }]);
});
