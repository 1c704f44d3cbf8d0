import type { AuditPage, AuditVerdict } from "@punctual/contract";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hourMs, minuteMs, startMs } from "../store/fixture.ts";
import { type Office, openOffice } from "./fixture.ts";

let office: Office;
beforeEach(async () => {
  office = await openOffice();
});
afterEach(() => office.database.drop());

const from = new Date(startMs - hourMs).toISOString();
/** All pages of an audit as one. */
async function audit(
  query: { to?: string; jobId?: string; show?: "all" } = {},
): Promise<{ verdicts: Record<AuditVerdict, number>; items: AuditPage["items"] }> {
  const verdicts = {} as Record<AuditVerdict, number>;
  const items: AuditPage["items"] = [];
  let cursor: string | null = null;
  do {
    const { body } = (await office.ask("auditOccurrences", { query: { from, ...query, ...(cursor === null ? {} : { cursor }) } })) as {
      body: AuditPage;
    };
    for (const [verdict, count] of Object.entries(body.summary.verdicts) as [AuditVerdict, number][])
      verdicts[verdict] = (verdicts[verdict] ?? 0) + count;
    items.push(...body.items);
    cursor = body.nextCursor;
  } while (cursor !== null);
  return { verdicts, items };
}
const some = (verdicts: Partial<Record<AuditVerdict, number>>) => ({
  ...{ ran: 0, skipped: 0, live: 0, pending: 0, missing: 0, unexpected: 0, overdue: 0, early: 0, doubled: 0 },
  ...verdicts,
});
/** Time passes, the engine looking every so often. */
async function pass(ms: number, stepMs = ms): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await office.database.moveClock(stepMs);
    while ((await office.engineLooks()) > 0);
  }
}
const finished = (sets: string, runsAt: number) =>
  office.rows(`update punctual.live_runs set ${sets} where nominal_at = punctual.at($1)`, [runsAt]);

describe("the audit", () => {
  test("finds every occurrence of an active job, and none while it was paused or after it was deleted", async () => {
    const job = await office.create({ every: "1m" });
    await pass(10 * minuteMs, minuteMs);
    await office.ask("pauseJob", { params: { jobId: job.jobId } });
    await pass(10 * minuteMs, minuteMs);
    await office.ask("resumeJob", { params: { jobId: job.jobId } });
    await pass(5 * minuteMs, minuteMs);
    await office.ask("updateJob", { params: { jobId: job.jobId }, body: { every: "5m" } });
    await pass(10 * minuteMs, minuteMs);
    expect((await audit()).verdicts).toEqual(some({ live: 10 + 5 + 2 }));
    await office.ask("deleteJob", { params: { jobId: job.jobId } });
    await pass(10 * minuteMs, minuteMs);
    // Deleted, its waiting runs were cancelled: they are accounted for.
    expect((await audit()).verdicts).toEqual(some({ ran: 17 }));
  });

  test("counts what the misfire policy skipped, with its reason, and what is due just now as pending", async () => {
    await office.create({ every: "1m", misfire: { window: "2m", policy: "latest" } });
    await pass(30 * minuteMs);
    await office.database.moveClock(minuteMs + 1);
    const { verdicts } = await audit();
    expect(verdicts.pending).toBe(1);
    expect(verdicts.skipped).toBeGreaterThan(20);
    expect(verdicts.skipped + verdicts.live).toBe(30);
    const { body } = await office.ask("auditOccurrences", { query: { from } });
    expect(body.summary.skipped).toEqual({ misfire: verdicts.skipped });
  });

  test("knows jobs that end: one time, a count, an end; and a fixed delay, whose law is another", async () => {
    await office.create({ runAt: new Date(startMs - minuteMs).toISOString() });
    await office.create({ every: "1m", maxRuns: 3 });
    await office.create({ every: "1m", endAt: new Date(startMs + 2 * minuteMs).toISOString() });
    await office.create({ every: "1m", after: "completion" });
    await pass(10 * minuteMs, minuteMs);
    expect((await audit()).verdicts).toEqual(some({ live: 1 + 3 + 2 + 1 }));
  });

  test("goes on inside a job whose occurrences fill a page", async () => {
    const job = await office.create({ every: "1s", misfire: { policy: "skip", window: "1s" } });
    await office.database.moveClock(25_000_000);
    for (let looks = 0; looks < 300; looks++) await office.engineLooks();
    const { body: first } = await office.ask("auditOccurrences", { query: { from } });
    expect(first.nextCursor).not.toBeNull();
    const whole = await audit({ jobId: job.jobId });
    expect(whole.verdicts.skipped + whole.verdicts.live).toBe(25_000);
    expect(whole.items).toEqual([]);
  });

  test("is the tenant's own", async () => {
    const job = await office.create({ every: "1m" });
    const stranger = await office.addTenant("stranger");
    await pass(5 * minuteMs, minuteMs);
    const { body } = await office.ask("auditOccurrences", { query: { from } }, stranger);
    expect(body.summary.expected).toBe(0);
    expect(await office.refusalOf("auditOccurrences", { query: { from, jobId: job.jobId } }, stranger)).toBe("job_not_found");
    expect(await office.refusalOf("auditOccurrences", { query: { from, to: from } })).toBe("request_invalid");
  });
});

describe("a doctored history is found out", () => {
  const spoiled: [string, Partial<Record<AuditVerdict, number>>, (nominalMs: number) => Promise<unknown>][] = [
    [
      "a run that is gone",
      { live: 9, missing: 1 },
      (ms) => office.rows("delete from punctual.live_runs where nominal_at = punctual.at($1)", [ms]),
    ],
    ["a run that was moved off its time", { live: 9, missing: 1, unexpected: 1 }, (ms) => moveRun(ms, 1_000)],
    [
      "a run that is recorded as ended and is live too",
      { live: 9, ran: 1, doubled: 1 },
      (ms) =>
        office.rows(
          `insert into punctual.finished_runs (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, finished_at)
           select shard, run_id, job_id, tenant_id, revision, 'succeeded', kind, nominal_at, 1, punctual.clock() from punctual.live_runs where nominal_at = punctual.at($1)`,
          [ms],
        ),
    ],
    ["a run that began before its time", { live: 9, early: 1 }, (ms) => finished("started_at = nominal_at - interval '1 second'", ms)],
    ["a cursor that stands still", { live: 10, overdue: 5, pending: 1 }, () => office.database.moveClock(6 * minuteMs + 1_000)],
  ];
  /** A run's id names its nominal time, so that a forger has to forge both. */
  async function moveRun(nominalMs: number, byMs: number): Promise<void> {
    const time = (nominalMs + byMs).toString(16).padStart(12, "0");
    await office.rows(
      `update punctual.live_runs set nominal_at = punctual.at($1 + $2), run_id = ($3 || substr(run_id::text, 14))::uuid where nominal_at = punctual.at($1)`,
      [nominalMs, byMs, `${time.slice(0, 8)}-${time.slice(8)}`],
    );
  }

  test.each(spoiled)("%s", async (_name, verdicts, spoil) => {
    await office.create({ cron: "* * * * *" });
    await pass(10 * minuteMs, minuteMs);
    expect((await audit()).verdicts).toEqual(some({ live: 10 }));
    await spoil(startMs + 5 * minuteMs);
    const after = await audit();
    expect(after.verdicts).toEqual(some(verdicts));
    expect(after.items.map(({ verdict }) => verdict).sort()).toEqual(
      Object.entries(verdicts)
        .filter(([verdict]) => !["live", "ran", "pending"].includes(verdict))
        .flatMap(([verdict, count]) => Array.from({ length: count }, () => verdict))
        .sort(),
    );
  });
});

test("whatever is done to jobs, in whatever order, an honest history is clean", { timeout: 60_000 }, async () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({
        do: fc.constant("create" as const),
        minutes: fc.integer({ min: 1, max: 7 }),
        maxRuns: fc.option(fc.integer({ min: 1, max: 5 })),
      }),
      fc.record({ do: fc.constantFrom("pause" as const, "resume" as const, "delete" as const, "rename" as const), pick: fc.nat(9) }),
      fc.record({ do: fc.constant("edit" as const), pick: fc.nat(9), minutes: fc.integer({ min: 1, max: 7 }) }),
      fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 20 * minuteMs }), look: fc.boolean() }),
    ),
    { minLength: 5, maxLength: 25 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (story) => {
      await office.rows(
        "truncate punctual.jobs, punctual.job_names, punctual.job_revisions, punctual.cursors, punctual.live_runs, punctual.finished_runs",
      );
      await office.database.freezeClock(startMs);
      const ids: string[] = [];
      for (const step of story) {
        const jobId = "pick" in step ? ids[step.pick % Math.max(1, ids.length)] : undefined;
        if (step.do === "create") {
          const job = await office.create({
            every: `${step.minutes}m`,
            misfire: { window: "30m", policy: "latest" },
            ...(step.maxRuns && { maxRuns: step.maxRuns }),
          });
          ids.push(job.jobId);
        } else if (step.do === "pass") {
          await office.database.moveClock(step.ms);
          while (step.look && (await office.engineLooks()) > 0);
        } else if (jobId !== undefined) {
          const params = { jobId };
          if (step.do === "edit") await office.refusalOf("updateJob", { params, body: { every: `${step.minutes}m` } });
          if (step.do === "rename") await office.refusalOf("updateJob", { params, body: { name: `n${step.pick}` } });
          if (step.do === "pause") await office.refusalOf("pauseJob", { params });
          if (step.do === "resume") await office.refusalOf("resumeJob", { params });
          if (step.do === "delete") await office.refusalOf("deleteJob", { params });
        }
      }
      while ((await office.engineLooks()) > 0);
      const { verdicts, items } = await audit({ show: "all" });
      const problems = items.filter(({ verdict }) => ["missing", "unexpected", "overdue", "early", "doubled", "pending"].includes(verdict));
      expect(problems).toEqual([]);
      const [recorded] = await office.rows<{ count: number }>(
        "select ((select count(*) from punctual.live_runs) + (select count(*) from punctual.finished_runs))::int as count",
      );
      expect(verdicts.ran + verdicts.live + verdicts.skipped).toBe(recorded?.count);
    }),
    { numRuns: 40 },
  );
});
