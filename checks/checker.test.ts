import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { check, type Findings } from "../bench/lib/checker.ts";
import type { ArrivalFact, History, JobFact, RunFact } from "../bench/lib/history.ts";

const startMs = Date.UTC(2027, 2, 1, 9, 0, 0);
const endMs = startMs + 60_000;

const every: JobFact = {
  jobId: "every-job",
  name: "every",
  source: "planted",
  schedule: { everyMs: 10_000, anchorMs: startMs - 3_000 },
  sentMs: startMs,
  acknowledgedMs: startMs + 5,
};
const cron: JobFact = {
  ...every,
  jobId: "cron-job",
  name: "cron",
  schedule: { cron: "*/20 * * * * *", timezone: "UTC" },
  nextRunAtMs: startMs + 20_000,
};
const once: JobFact = { ...every, jobId: "once-job", name: "once", schedule: { runAtMs: startMs - 3_600_000 } };
const nominals: readonly [JobFact, readonly number[]][] = [
  [every, [7, 17, 27, 37, 47, 57].map((second) => startMs + second * 1000)],
  [cron, [20, 40, 60].map((second) => startMs + second * 1000)],
  [once, [startMs - 3_600_000]],
];
const flawless: History = {
  jobs: [every, cron, once],
  arrivals: nominals.flatMap(([job, times]) => times.map((nominalMs) => arrivalOf(job, nominalMs))),
  runs: nominals.flatMap(([job, times]) => times.map((nominalMs) => runOf(job, nominalMs))),
  endMs,
  stoppedMs: endMs + 5_000,
  windows: [{ fromMs: startMs + 30_000, toMs: startMs + 40_000 }],
};

function arrivalOf(job: JobFact, nominalMs: number): ArrivalFact {
  const receivedMs = Math.max(nominalMs, job.sentMs) + 12;
  return {
    webhookId: `${job.name}-${nominalMs}`,
    jobId: job.jobId,
    jobName: job.name,
    attempt: 1,
    nominalMs,
    receivedMs,
    signatureValid: true,
  };
}

function runOf(job: JobFact, nominalMs: number): RunFact {
  return {
    runId: `${job.name}-${nominalMs}`,
    jobId: job.jobId,
    nominalMs,
    kind: "scheduled",
    status: "succeeded",
    reason: null,
    attempts: [],
  };
}

/** The flawless history with the arrivals and runs of the second `every` occurrence changed. */
function doctored(change: { arrivals?: (arrival: ArrivalFact) => ArrivalFact[]; runs?: (run: RunFact) => RunFact[] }): Findings {
  const isSecond = (fact: { jobId: string; nominalMs: number }): boolean =>
    fact.jobId === every.jobId && fact.nominalMs === startMs + 17_000;
  return check({
    ...flawless,
    arrivals: flawless.arrivals.flatMap((arrival) => (isSecond(arrival) && change.arrivals ? change.arrivals(arrival) : [arrival])),
    runs: flawless.runs.flatMap((run) => (isSecond(run) && change.runs ? change.runs(run) : [run])),
  });
}

describe("the checker of the proofs", () => {
  it("finds nothing in a flawless history", () => {
    const findings = check(flawless);
    expect(findings).toMatchObject({ clean: true, expected: 10, arrived: 10, grey: 0 });
    expect(findings.lagMs).toEqual({ count: 10, p50: 12, p99: 12, p999: 12, max: 12 });
    expect(findings.faultLagMs?.count).toBe(2);
  });

  it("proves nothing by an empty history", () => {
    expect(check({ ...flawless, jobs: [], arrivals: [], runs: [] }).clean).toBe(false);
  });

  it("finds a dropped arrival, and what the run says about it", () => {
    const findings = doctored({ arrivals: () => [] });
    expect(findings).toMatchObject({ clean: false, expected: 10, arrived: 9 });
    expect(findings.missing).toEqual([
      { job: "every (planted)", nominalAt: "2027-03-01T09:00:17.000Z", detail: `no arrival; run every-${startMs + 17_000} is succeeded` },
    ]);
  });

  it("finds an occurrence that never became a run, one that became two, and one that did not succeed", () => {
    expect(doctored({ runs: () => [] }).runs.missing).toHaveLength(1);
    expect(doctored({ runs: (run) => [run, { ...run, runId: "another" }] }).runs.doubled).toHaveLength(1);
    expect(doctored({ runs: (run) => [{ ...run, status: "skipped" }] })).toMatchObject({ clean: false, runs: { notSucceeded: [{}] } });
  });

  it("finds a doubled arrival that no lost attempt explains", () => {
    const again = (arrival: ArrivalFact) => [arrival, { ...arrival, attempt: 2 }];
    expect(doctored({ arrivals: again })).toMatchObject({ clean: false, duplicates: { explained: 0, unexplained: [{}] } });
    const attempts = [
      { attempt: 1, outcome: "failed", failureClass: "http_status" },
      { attempt: 2, outcome: "succeeded", failureClass: null },
    ];
    expect(doctored({ arrivals: again, runs: (run) => [{ ...run, attempts }] }).duplicates.unexplained).toHaveLength(1);
  });

  it("allows a second arrival after a lost attempt, but not the same attempt twice", () => {
    const attempts = [
      { attempt: 1, outcome: "lost", failureClass: "lost" },
      { attempt: 2, outcome: "succeeded", failureClass: null },
    ];
    const runs = (run: RunFact) => [{ ...run, attempts }];
    const allowed = doctored({ arrivals: (arrival) => [arrival, { ...arrival, attempt: 2 }], runs });
    expect(allowed).toMatchObject({ clean: true, duplicates: { explained: 1, unexplained: [] } });
    const twice = doctored({ arrivals: (arrival) => [arrival, arrival, { ...arrival, attempt: 2 }], runs });
    expect(twice.duplicates.unexplained).toHaveLength(1);
  });

  it("finds an arrival before its time", () => {
    const findings = doctored({ arrivals: (arrival) => [{ ...arrival, receivedMs: arrival.nominalMs - 1 }] });
    expect(findings).toMatchObject({ clean: false, early: [{ detail: "arrived 1 ms before its time" }] });
  });

  it("finds an arrival at a time the schedule does not have, one of an unknown job, and one from before the job existed", () => {
    const stray = (change: Partial<ArrivalFact>) => doctored({ arrivals: (arrival) => [arrival, { ...arrival, ...change }] });
    expect(stray({ nominalMs: startMs + 17_001 }).unexpected).toHaveLength(1);
    expect(stray({ jobId: "nobody" }).unexpected).toHaveLength(1);
    expect(stray({ nominalMs: startMs - 3_000 })).toMatchObject({ clean: false, unexpected: [{ nominalAt: "2027-03-01T08:59:57.000Z" }] });
  });

  it("finds a run that no schedule asked for, and a manual one", () => {
    expect(doctored({ runs: (run) => [run, { ...run, nominalMs: run.nominalMs + 1 }] }).runs.unexpected).toHaveLength(1);
    expect(doctored({ runs: (run) => [{ ...run, kind: "manual" }] }).runs.unexpected).toHaveLength(1);
  });

  it("lets an occurrence arrive or not while its job is being created and after the end", () => {
    const job = { ...every, acknowledgedMs: startMs + 8_000 };
    const jobs = [job, cron, once];
    const without = flawless.arrivals.filter((arrival) => arrival.jobId !== every.jobId || arrival.nominalMs !== startMs + 7_000);
    expect(check({ ...flawless, jobs })).toMatchObject({ clean: true, expected: 9, grey: 1 });
    expect(check({ ...flawless, jobs, arrivals: without })).toMatchObject({ clean: true, expected: 9, grey: 0 });
    const shorter = check({ ...flawless, endMs: startMs + 50_000, stoppedMs: endMs });
    expect(shorter).toMatchObject({ clean: true, expected: 8, grey: 2 });
  });

  it("follows the misfire policy: the latest of what is older than the window runs, and the others are recorded as skipped", () => {
    const missed = { policy: "latest" as const, windowMs: 20_000, resumedFromMs: startMs + 59_000 };
    const jobs = [{ ...every, missed }];
    const nominalsMs = [7, 17, 27, 37, 47, 57].map((second) => startMs + second * 1000);
    // Older than the window at the return: 7 to 37. The last of them runs; 37 to 40 is open, as the age was taken until the end.
    const ran = nominalsMs.filter((nominalMs) => nominalMs > startMs + 30_000);
    const course = (arrived: readonly number[], skipped: readonly number[]): Findings =>
      check({
        ...flawless,
        jobs,
        arrivals: arrived.map((nominalMs) => arrivalOf(every, nominalMs)),
        runs: nominalsMs
          .filter((nominalMs) => arrived.includes(nominalMs) || skipped.includes(nominalMs))
          .map((nominalMs) => ({ ...runOf(every, nominalMs), status: skipped.includes(nominalMs) ? "skipped" : "succeeded" })),
      });
    const old = nominalsMs.slice(0, 3);
    expect(course(ran, old)).toMatchObject({ clean: true, expected: 2 });
    expect(course(ran, old.slice(1))).toMatchObject({ clean: false, runs: { missing: [{}] } });
    expect(course([...old.slice(0, 1), ...ran], old.slice(1))).toMatchObject({ clean: false, unexpected: [{}] });
    expect(course(ran.slice(0, 2), [...old, startMs + 57_000])).toMatchObject({ clean: false, runs: { notSucceeded: [{}] } });
  });

  it("finds a webhook-id that changes or is not the run's, a foreign job name, and a signature that does not verify", () => {
    const planted = (change: Partial<ArrivalFact>) => doctored({ arrivals: (arrival) => [{ ...arrival, ...change }] });
    expect(planted({ webhookId: "another" })).toMatchObject({ clean: false, wrongIds: [{}] });
    expect(planted({ jobName: "another" })).toMatchObject({ clean: false, wrongIds: [{}] });
    expect(planted({ signatureValid: false })).toMatchObject({ clean: false, badSignatures: [{}] });
  });

  it("finds an announced first occurrence that is not the oracle's", () => {
    const wrong = { ...cron, nextRunAtMs: startMs + 40_000 };
    expect(check({ ...flawless, jobs: [every, wrong, once] })).toMatchObject({ clean: false, wrongNext: [{ job: "cron" }] });
  });

  it("says which expressions it had to read in other words, and which it could not read", () => {
    const reworded = { ...cron, schedule: { cron: "0/20 * * * * *", timezone: "UTC" } };
    const beyond = { ...cron, schedule: { cron: "0 H * * *", timezone: "UTC" } };
    expect(check({ ...flawless, jobs: [every, reworded, once] })).toMatchObject({ clean: true, expected: 10, dialect: [{ jobs: 1 }] });
    const unread = check({ ...flawless, jobs: [every, beyond, once] });
    expect(unread).toMatchObject({ clean: true, expected: 7 });
    expect(unread.dialect[0]?.difference).toContain("not verified");
  });

  it("shares no code with Punctual", () => {
    const own = ["checker", "expected", "cron-oracle", "history", "lag"];
    const imported = own.flatMap((name) =>
      [...readFileSync(new URL(`../bench/lib/${name}.ts`, import.meta.url), "utf8").matchAll(/ from "([^"]+)"/g)].map(([, from]) => from),
    );
    expect(imported.filter((from) => from !== "croner" && !own.some((name) => from === `./${name}.ts`))).toEqual([]);
  });

  it("takes the lag of a one-time job for a past time from the answer that acknowledged it", () => {
    expect(check({ ...flawless, jobs: [once], arrivals: flawless.arrivals.slice(-1), runs: flawless.runs.slice(-1) }).lagMs?.max).toBe(7);
  });
});
