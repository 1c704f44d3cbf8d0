import { createCronOracle } from "./cron-oracle.ts";
import { type Dialect, type Expected, type Obligations, obligationsOf } from "./expected.ts";
import { type ArrivalFact, type AttemptFact, type History, type JobFact, occurrenceKey, type RunFact } from "./history.ts";
import { type Lag, lagOf } from "./lag.ts";

/** One thing that should not be, with what is needed to look it up. */
export type Finding = { job: string; nominalAt: string; detail: string };

export type Findings = {
  /** Occurrences that had to arrive, and how many of them did. */
  expected: number;
  arrived: number;
  /** Arrivals that were allowed and not required. */
  grey: number;
  missing: Finding[];
  unexpected: Finding[];
  early: Finding[];
  duplicates: { explained: number; unexplained: Finding[] };
  wrongIds: Finding[];
  badSignatures: Finding[];
  runs: { missing: Finding[]; unexpected: Finding[]; doubled: Finding[]; notSucceeded: Finding[] };
  /** Jobs whose `nextRunAt` in the API's answer is not the oracle's next occurrence. */
  wrongNext: Finding[];
  dialect: readonly Dialect[];
  /** First arrival after an occurrence became due; of all that were required, of those outside the windows of faults, and of those inside. */
  lagMs: Lag | null;
  quietLagMs: Lag | null;
  faultLagMs: Lag | null;
  /** The latest of those outside the windows, latest first. */
  slowest: Finding[];
  clean: boolean;
};

const slowestShown = 5;

/** Compares what happened with what had to happen. Pure, and shares no code with Punctual. */
export function check(history: History): Findings {
  const obligations = obligationsOf(history.jobs, history.endMs, history.stoppedMs);
  const jobs = new Map(history.jobs.map((job) => [job.jobId, job]));
  const arrivals = byOccurrence(history.arrivals);
  const runs = byOccurrence(history.runs);
  const required = [...obligations.occurrences].filter(([, expected]) => expected.required);
  const skipped = [...obligations.occurrences].filter(([, expected]) => expected.skipped);
  const mayBeSkipped = ({ jobId, nominalMs }: RunFact): boolean => {
    const expected = obligations.occurrences.get(occurrenceKey(jobId, nominalMs));
    return expected?.job.missed !== undefined && !expected.required;
  };
  const isAllowed = (key: string, jobId: string): boolean => obligations.occurrences.has(key) || obligations.unverifiable.has(jobId);
  const named = (fact: { jobId: string; nominalMs: number }, detail: string): Finding => finding(jobs.get(fact.jobId), fact, detail);
  const strays = history.arrivals.filter((arrival) => !isAllowed(occurrenceKey(arrival.jobId, arrival.nominalMs), arrival.jobId));
  const arrived = required.filter(([key]) => arrivals.has(key));
  const lags = arrived.map(([key, expected]) => ({ ...expected, lagMs: lagMsOf(expected, arrivals.get(key) ?? []) }));
  const inWindow = ({ dueMs }: Expected): boolean => history.windows.some(({ fromMs, toMs }) => dueMs >= fromMs && dueMs <= toMs);
  const doubles = [...arrivals].filter(([, group]) => group.length > 1);
  const unexplained = doubles.flatMap(([key, group]) => unexplainedDouble(group, runs.get(key)?.[0]?.attempts ?? [], named));

  const findings = {
    expected: required.length,
    arrived: arrived.length,
    grey: [...arrivals.keys()].filter((key) => obligations.occurrences.get(key)?.required === false).length,
    missing: required
      .filter(([key]) => !arrivals.has(key))
      .map(([key, expected]) => expectedFinding(expected, `no arrival; ${runText(runs.get(key))}`)),
    unexpected: [
      ...strays.map((arrival) => named(arrival, `arrived at ${instant(arrival.receivedMs)}, and its schedule has no such time`)),
      ...skipped.filter(([key]) => arrivals.has(key)).map(([, expected]) => expectedFinding(expected, "arrived, and was to be skipped")),
    ],
    early: history.arrivals
      .filter((arrival) => arrival.receivedMs < arrival.nominalMs)
      .map((arrival) => named(arrival, `arrived ${arrival.nominalMs - arrival.receivedMs} ms before its time`)),
    duplicates: { explained: doubles.length - unexplained.length, unexplained },
    wrongIds: [...arrivals].flatMap(([key, group]) => wrongIds(group, runs.get(key)?.[0], jobs.get(group[0]?.jobId ?? ""), named)),
    badSignatures: history.arrivals
      .filter((arrival) => !arrival.signatureValid)
      .map((arrival) => named(arrival, `attempt ${arrival.attempt}`)),
    runs: {
      missing: [...required, ...skipped]
        .filter(([key]) => !runs.has(key))
        .map(([key, expected]) => expectedFinding(expected, `no run; ${arrivals.get(key)?.length ?? 0} arrivals`)),
      unexpected: history.runs
        .filter((run) => run.kind !== "scheduled" || !isAllowed(occurrenceKey(run.jobId, run.nominalMs), run.jobId))
        .map((run) => named(run, `${run.kind} run ${run.runId}`)),
      doubled: [...runs.values()].flatMap((group) => group.slice(1).map((run) => named(run, `run ${run.runId} beside ${group[0]?.runId}`))),
      notSucceeded: history.runs
        .filter((run) => run.status !== "succeeded" && !(run.status === "skipped" && mayBeSkipped(run)))
        .map((run) => named(run, runText([run]))),
    },
    wrongNext: history.jobs.flatMap((job) => wrongNext(job, obligations)),
    dialect: obligations.dialect,
    lagMs: lagOf(lags.map(({ lagMs }) => lagMs)),
    quietLagMs: lagOf(lags.filter((entry) => !inWindow(entry)).map(({ lagMs }) => lagMs)),
    faultLagMs: lagOf(lags.filter(inWindow).map(({ lagMs }) => lagMs)),
    slowest: lags
      .filter((entry) => !inWindow(entry))
      .sort((a, b) => b.lagMs - a.lagMs)
      .slice(0, slowestShown)
      .map((entry) => expectedFinding(entry, `${entry.lagMs} ms after it was due`)),
  };
  // Without anything expected, nothing was proven.
  return { ...findings, clean: findings.expected > 0 && faultCount(findings) === 0 };
}

type Named = (fact: { jobId: string; nominalMs: number }, detail: string) => Finding;

function faultCount({ missing, unexpected, early, duplicates, wrongIds, badSignatures, runs, wrongNext }: Omit<Findings, "clean">): number {
  const lists = [missing, unexpected, early, duplicates.unexplained, wrongIds, badSignatures, wrongNext, ...Object.values(runs)];
  return lists.reduce((sum, list) => sum + list.length, 0);
}

/** Attempts of which nobody could know whether they had arrived. */
const isAmbiguous = ({ outcome, failureClass }: AttemptFact): boolean =>
  outcome === "lost" || (outcome === "failed" && (failureClass === "timeout" || failureClass === "connection_reset"));

/**
 * A second arrival is allowed when the attempt before it was recorded as one that may have arrived or not. Every other repetition is a fault, and so is the
 * same attempt made twice.
 */
function unexplainedDouble(group: readonly ArrivalFact[], attempts: readonly AttemptFact[], named: Named): Finding[] {
  const [first] = group;
  const made = group.map((arrival) => arrival.attempt);
  const last = Math.max(...made);
  const lost = new Set(attempts.filter(isAmbiguous).map((attempt) => attempt.attempt));
  if (!first || (new Set(made).size === made.length && made.every((attempt) => attempt === last || lost.has(attempt)))) return [];
  const recorded = attempts.map(
    ({ attempt, outcome, failureClass }) => `${attempt} ${outcome}${failureClass === null ? "" : ` (${failureClass})`}`,
  );
  return [named(first, `attempts ${made.join(", ")} arrived; recorded: ${recorded.join(", ") || "a single attempt"}`)];
}

/** The id and the job's name that the receiver saw, against those of the API. */
function wrongIds(group: readonly ArrivalFact[], run: RunFact | undefined, job: JobFact | undefined, named: Named): Finding[] {
  return group.flatMap((arrival) => {
    const runId = run?.runId ?? group[0]?.webhookId;
    if (arrival.webhookId !== runId) return [named(arrival, `webhook-id ${arrival.webhookId} instead of ${runId}`)];
    if (job !== undefined && arrival.jobName !== job.name) return [named(arrival, `says it is of job ${arrival.jobName}`)];
    return [];
  });
}

/** Ten minutes hold no yearly occurrence; what the API announces for one can be compared all the same. */
function wrongNext(job: JobFact, { unverifiable }: Obligations): Finding[] {
  const { schedule, nextRunAtMs, sentMs, acknowledgedMs } = job;
  if (!("cron" in schedule) || nextRunAtMs === undefined || unverifiable.has(job.jobId)) return [];
  const oracle = createCronOracle(schedule.cron, schedule.timezone);
  const possible = [...oracle.between(sentMs, acknowledgedMs), oracle.next(acknowledgedMs)];
  if (possible.includes(nextRunAtMs)) return [];
  const said = nextRunAtMs === null ? "never" : instant(nextRunAtMs);
  return [
    {
      job: job.name,
      nominalAt: said,
      detail: `${schedule.cron} (${schedule.timezone}) fires ${possible.map(instantOrNever).join(" or ")}`,
    },
  ];
}

function byOccurrence<T extends { jobId: string; nominalMs: number }>(facts: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const fact of facts) {
    const key = occurrenceKey(fact.jobId, fact.nominalMs);
    const group = groups.get(key);
    if (group) group.push(fact);
    else groups.set(key, [fact]);
  }
  return groups;
}

/** To the first arrival, which can come before the answer that acknowledged a job for a past time. */
function lagMsOf({ dueMs }: Expected, group: readonly ArrivalFact[]): number {
  return Math.max(0, Math.min(...group.map((arrival) => arrival.receivedMs)) - dueMs);
}

function runText(group: readonly RunFact[] | undefined): string {
  const [run] = group ?? [];
  return run === undefined ? "the API knows no run" : `run ${run.runId} is ${run.status}${run.reason === null ? "" : `: ${run.reason}`}`;
}

function expectedFinding({ job, nominalMs }: Expected, detail: string): Finding {
  return finding(job, { jobId: job.jobId, nominalMs }, detail);
}

function finding(job: JobFact | undefined, { jobId, nominalMs }: { jobId: string; nominalMs: number }, detail: string): Finding {
  return { job: job === undefined ? `unknown job ${jobId}` : `${job.name} (${job.source})`, nominalAt: instant(nominalMs), detail };
}

const instant = (epochMs: number): string => new Date(epochMs).toISOString();
const instantOrNever = (epochMs: number | null): string => (epochMs === null ? "never" : instant(epochMs));
