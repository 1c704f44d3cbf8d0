import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { AttemptRow, RunRow } from "../bench/faults/facts.ts";
import { type Course, judge, type Verdict } from "../bench/faults/verdict.ts";
import type { Ownership } from "../bench/faults/watcher.ts";
import type { ArrivalFact, JobFact } from "../bench/lib/history.ts";

const startMs = Date.UTC(2027, 2, 1, 9, 0, 0);
const endMs = startMs + 60_000;
const job: JobFact = {
  jobId: "job",
  name: "every",
  source: "planted",
  schedule: { everyMs: 10_000, anchorMs: startMs },
  sentMs: startMs,
  acknowledgedMs: startMs + 5,
};
const nominals = [1, 2, 3, 4, 5, 6].map((count) => startMs + count * 10_000);
const owner = (node: number, epoch: number, atMs: number): Ownership => ({ shard: 7, owner: node, epoch, atMs });

const flawless: Course = {
  jobs: [job],
  arrivals: nominals.map((nominalMs) => arrivalOf(nominalMs, 1)),
  facts: {
    runs: nominals.map(runOf),
    attempts: nominals.map((nominalMs) => attemptOf(nominalMs, {})),
    cursors: [{ jobId: "job", fired: 6 }],
    nodes: [],
  },
  ownerships: [owner(1, 3, startMs), owner(2, 4, startMs + 20_000)],
  endMs,
  stoppedMs: endMs + 5_000,
  windows: [],
};

function arrivalOf(nominalMs: number, attempt: number): ArrivalFact {
  const webhookId = `run-${nominalMs}`;
  return { webhookId, jobId: "job", jobName: "every", attempt, nominalMs, receivedMs: nominalMs + 10 * attempt, signatureValid: true };
}

function runOf(nominalMs: number): RunRow {
  return { runId: `run-${nominalMs}`, jobId: "job", nominalMs, kind: "scheduled", state: "succeeded", attempt: 1, reason: null };
}

function attemptOf(nominalMs: number, change: Partial<AttemptRow>): AttemptRow {
  return { runId: `run-${nominalMs}`, attempt: 1, outcome: "succeeded", failureClass: null, late: false, nodeId: 1, ...change };
}

const secondMs = startMs + 20_000;
const isSecond = (row: { runId: string }): boolean => row.runId === `run-${secondMs}`;

/** The flawless course with the second occurrence's arrival, run and attempts replaced. */
function doctored(change: { arrivals?: ArrivalFact[]; runs?: RunRow[]; attempts?: AttemptRow[] }): Verdict {
  const { arrivals, facts } = flawless;
  const swap = <T>(rows: readonly T[], isIt: (row: T) => boolean, by: T[] | undefined): T[] =>
    rows.flatMap((row) => (isIt(row) && by ? by : [row]));
  return judge({
    ...flawless,
    arrivals: swap(arrivals, (arrival) => arrival.nominalMs === secondMs, change.arrivals),
    facts: {
      ...facts,
      runs: swap(facts.runs, isSecond, change.runs),
      attempts: swap(facts.attempts, isSecond, change.attempts),
    },
  });
}

const lost = attemptOf(secondMs, { outcome: "lost", failureClass: "lost" });
const again = { ...runOf(secondMs), attempt: 2 };
const second = attemptOf(secondMs, { attempt: 2, nodeId: 2 });

describe("the verdict of a fault scenario", () => {
  it("finds nothing in a flawless course", () => {
    const verdict = judge(flawless);
    expect(verdict).toMatchObject({ clean: true, expected: 6, arrived: 6, fencing: [], epochs: [], unbalanced: [] });
    expect(verdict.conservation).toEqual({ accepted: 6, succeeded: 6, dead: 0, cancelled: 0, skipped: 0, live: 0 });
  });

  it("finds a dropped occurrence, at the receiver, in the database and in the job's own count", () => {
    const dropped = doctored({ arrivals: [], runs: [], attempts: [] });
    expect(dropped).toMatchObject({ clean: false, missing: [{}], runs: { missing: [{}] }, unbalanced: [{ job: "every" }] });
  });

  it("finds an occurrence that ran twice under two runs, and one that arrived twice under one", () => {
    const other = { ...runOf(secondMs), runId: "another" };
    const attempts = [attemptOf(secondMs, {}), attemptOf(secondMs, { runId: "another" })];
    expect(doctored({ runs: [runOf(secondMs), other], attempts })).toMatchObject({ clean: false, runs: { doubled: [{}] } });
    const twice = doctored({ arrivals: [arrivalOf(secondMs, 1), arrivalOf(secondMs, 1)] });
    expect(twice).toMatchObject({ clean: false, duplicates: { unexplained: [{}] } });
  });

  it("finds an early arrival", () => {
    const early = doctored({ arrivals: [{ ...arrivalOf(secondMs, 1), receivedMs: secondMs - 1 }] });
    expect(early).toMatchObject({ clean: false, early: [{ detail: "arrived 1 ms before its time" }] });
  });

  it("allows an attempt that was lost with its node to arrive, and its result to come late", () => {
    const late = attemptOf(secondMs, { late: true });
    const arrivals = [arrivalOf(secondMs, 1), arrivalOf(secondMs, 2)];
    const verdict = doctored({ arrivals, runs: [again], attempts: [lost, late, second] });
    expect(verdict).toMatchObject({ clean: true, duplicates: { explained: 1 } });
  });

  it("finds a fenced write that went through: a given-up attempt whose result counted", () => {
    const through = attemptOf(secondMs, { late: false });
    expect(doctored({ runs: [again], attempts: [lost, through, second] })).toMatchObject({ clean: false, fencing: [{ job: "every" }] });
    expect(doctored({ runs: [again], attempts: [through, second] })).toMatchObject({ clean: false, fencing: [{}] });
    expect(doctored({ attempts: [lost, through] })).toMatchObject({ clean: false, fencing: [{}] });
  });

  it("finds a run that ended by a result that is not its last attempt's", () => {
    expect(doctored({ attempts: [lost] })).toMatchObject({ clean: false, fencing: [{}] });
    expect(doctored({ runs: [again], attempts: [lost, { ...second, late: true }] })).toMatchObject({ clean: false, fencing: [{}] });
  });

  it("finds a shard that changed hands under the same epoch, and an epoch that fell", () => {
    const epochs = (...ownerships: Ownership[]) => judge({ ...flawless, ownerships });
    expect(epochs(owner(1, 3, startMs), owner(2, 3, startMs + 1))).toMatchObject({ clean: false, epochs: [{ job: "shard 7" }] });
    expect(epochs(owner(1, 3, startMs), owner(1, 2, startMs + 1))).toMatchObject({ clean: false, epochs: [{}] });
    expect(epochs(owner(1, 3, startMs), { ...owner(2, 3, startMs + 1), shard: 8 })).toMatchObject({ clean: true });
  });

  it("finds a run that is both live and ended, one that did not drain, and a count that does not fit", () => {
    const both = doctored({ runs: [runOf(secondMs), { ...runOf(secondMs), state: "ready" }] });
    expect(both).toMatchObject({ clean: false, unbalanced: [{ detail: expect.stringContaining("succeeded and ready") }, {}] });
    const live = doctored({ runs: [{ ...runOf(secondMs), state: "running" }], attempts: [] });
    expect(live).toMatchObject({ clean: false, conservation: { accepted: 6, live: 1 } });
    const cursors = [{ jobId: "job", fired: 7 }];
    expect(judge({ ...flawless, facts: { ...flawless.facts, cursors } })).toMatchObject({ clean: false, unbalanced: [{}] });
  });

  it("requires what fell due before a job was changed, forbids what came after, and leaves the time between open", () => {
    const ended = { ...job, endSentMs: startMs + 35_000, endAcknowledgedMs: startMs + 36_000 };
    const course = (count: number, jobs: JobFact[]): Verdict => {
      const keep = <T extends { nominalMs: number }>(rows: readonly T[]): T[] =>
        rows.filter((row) => row.nominalMs <= startMs + count * 10_000);
      const runs = keep(flawless.facts.runs);
      return judge({ ...flawless, jobs, arrivals: keep(flawless.arrivals), facts: { ...flawless.facts, runs, cursors: [] } });
    };
    expect(course(3, [ended])).toMatchObject({ clean: true, expected: 3 });
    expect(course(2, [ended])).toMatchObject({ clean: false, missing: [{}] });
    expect(course(4, [ended])).toMatchObject({ clean: false, unexpected: [{}], runs: { unexpected: [{}] } });
    const open = { ...ended, endAcknowledgedMs: startMs + 41_000 };
    expect(course(4, [open])).toMatchObject({ clean: true, expected: 3, grey: 1 });
    const next = { ...job, sentMs: startMs + 35_000, acknowledgedMs: startMs + 36_000 };
    expect(course(6, [ended, next])).toMatchObject({ clean: true, expected: 6 });
  });

  it("shares no code with Punctual", () => {
    const text = readFileSync(new URL("../bench/faults/verdict.ts", import.meta.url), "utf8");
    const imported = [...text.matchAll(/^import (?!type ).* from "([^"]+)"/gm)].map(([, from]) => from);
    expect(imported).toEqual(["../lib/checker.ts"]);
  });
});
