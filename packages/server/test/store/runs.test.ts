import { runStates } from "@punctual/contract";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manualRunId, timeOf } from "../../src/model/ids.ts";
import { fire } from "../../src/store/firing.ts";
import { findRun, insertManualRun, listRuns, type RunFilters, type RunRow } from "../../src/store/runs.ts";

import {
  type AddedJob,
  at,
  createStore,
  cursorAt,
  fireOne,
  hourMs,
  minuteMs,
  moveOf,
  placement,
  resultOf,
  runOf,
  type Store,
  settleOne,
  startMs,
} from "./fixture.ts";

let store: Store;
let node: number;
let jobs: AddedJob[];
const known: { runId: string; jobId: string; state: string; kind: string; nominalMs: number }[] = [];

/** Runs of every state, live and ended, a minute apart. */
beforeAll(async () => {
  store = await createStore();
  node = await store.addNode(365 * 24 * hourMs);
  jobs = await store.addJobs(5, startMs - 30 * minuteMs);
  for (const [index, job] of jobs.entries()) {
    for (let step = 0; step < 12; step++) {
      const nominalMs = job.nextMs + step * minuteMs;
      const state = at(runStates, (index + step) % runStates.length);
      const born = state === "ready" || state === "skipped" ? state : "running";
      const run = runOf(job, { nominalMs, state: born, reason: state === "skipped" ? "misfire" : null });
      await fire(store.db, node, [moveOf(job, { nextMs: nominalMs, next: cursorAt(nominalMs + minuteMs) })], [run]);
      if (born === "running" && state !== "running") await settleOne(store, resultOf(run.runId, node, { next: state as "succeeded" }));
      known.push({ runId: run.runId, jobId: job.jobId, state, kind: "scheduled", nominalMs });
    }
  }
  const job = at(jobs, 0);
  const runId = manualRunId(job.jobId, startMs, "seed");
  await insertManualRun(
    store.db,
    store.tenantId,
    { runId, jobId: job.jobId, revision: 1, placement, expiresMs: null, payload: null, rerunOf: null },
    startMs,
  );
  known.push({ runId, jobId: job.jobId, state: "ready", kind: "manual", nominalMs: startMs });
});
afterAll(() => store.database.drop());

function matching(filters: RunFilters, order: "asc" | "desc"): string[] {
  const ids = known
    .filter(
      (run) =>
        (filters.jobId === undefined || run.jobId === filters.jobId) &&
        (filters.state === undefined || run.state === filters.state) &&
        (filters.kind === undefined || run.kind === filters.kind) &&
        (filters.fromMs === undefined || run.nominalMs >= filters.fromMs) &&
        (filters.toMs === undefined || run.nominalMs < filters.toMs),
    )
    .map((run) => run.runId)
    .sort();
  return order === "asc" ? ids : ids.reverse();
}

async function listAll(filters: RunFilters, limit: number, order: "asc" | "desc", tenantId = store.tenantId): Promise<RunRow[]> {
  const rows: RunRow[] = [];
  for (;;) {
    const page = await listRuns(store.db, tenantId, filters, { pastId: rows.at(-1)?.run_id ?? null, limit, order });
    rows.push(...page);
    if (page.length < limit) return rows;
  }
}

describe("the list of runs", () => {
  test("holds live and ended ones by nominal time, whatever the filters and the pages", async () => {
    const instant = fc.integer({ min: -32, max: 2 }).map((minutes) => startMs + minutes * minuteMs);
    const anyFilters = fc.record(
      {
        jobId: fc.constantFrom(...jobs.map((job) => job.jobId)),
        state: fc.constantFrom(...runStates),
        kind: fc.constantFrom("scheduled" as const, "manual" as const),
        fromMs: instant,
        toMs: instant,
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(
        anyFilters,
        fc.integer({ min: 1, max: 70 }),
        fc.constantFrom("asc" as const, "desc" as const),
        async (filters, limit, order) => {
          const rows = await listAll(filters, limit, order);
          expect(rows.map((row) => row.run_id)).toEqual(matching(filters, order));
          expect(rows.every((row) => row.nominal_ms === timeOf(row.run_id))).toBe(true);
        },
      ),
      { numRuns: 80 },
    );
  });

  test("is another tenant's business alone", async () => {
    const stranger = await store.addTenant("stranger");
    expect(await listAll({}, 100, "asc", stranger)).toEqual([]);
    for (const { runId } of known.slice(0, 7)) {
      expect(await findRun(store.db, stranger, runId)).toBeNull();
      expect(await findRun(store.db, store.tenantId, runId)).toMatchObject({ run_id: runId });
    }
  });

  test("neither repeats nor misses a run that ends while it is read", async () => {
    const fresh = await createStore();
    try {
      const holder = await fresh.addNode();
      const fired = await Promise.all((await fresh.addJobs(20)).map((job) => fireOne(fresh, holder, job)));
      const seen: string[] = [];
      const settling = Promise.all(fired.map((runId) => settleOne(fresh, resultOf(runId, holder))));
      while (seen.length < fired.length) {
        const [row] = await listRuns(fresh.db, fresh.tenantId, {}, { pastId: seen.at(-1) ?? null, limit: 1, order: "asc" });
        seen.push(row?.run_id ?? "missed");
      }
      await settling;
      expect(seen).toEqual(fired.sort());
    } finally {
      await fresh.database.drop();
    }
  });
});

test("a manual run is ready at once and exists once, and its payload is its own", async () => {
  const job = at(jobs, 1);
  const run = {
    runId: manualRunId(job.jobId, startMs, "twice"),
    jobId: job.jobId,
    revision: 1,
    placement,
    expiresMs: null,
    payload: '{"a":1}',
    rerunOf: null,
  };
  for (let repeat = 0; repeat < 2; repeat++) await insertManualRun(store.db, store.tenantId, run, startMs);
  expect(await store.rows("select state, kind, attempt, payload from punctual.live_runs where run_id = $1", [run.runId])).toEqual([
    { state: "ready", kind: "manual", attempt: 0, payload: '{"a":1}' },
  ]);
});
