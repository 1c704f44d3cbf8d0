import { check, type Finding, type Findings } from "../lib/checker.ts";
import type { ArrivalFact, JobFact, RunFact, Window } from "../lib/history.ts";
import type { AttemptRow, Facts, RunRow } from "./facts.ts";
import type { Ownership } from "./watcher.ts";

/** Everything the verdict rests on: what was asked for, what reached the receiver, what the database holds, who was seen to own what. */
export type Course = {
  jobs: readonly JobFact[];
  arrivals: readonly ArrivalFact[];
  facts: Facts;
  ownerships: readonly Ownership[];
  endMs: number;
  stoppedMs: number;
  windows: readonly Window[];
};

export type Conservation = {
  /** Occurrences that have a run. */
  accepted: number;
  succeeded: number;
  dead: number;
  cancelled: number;
  skipped: number;
  live: number;
};

export type Verdict = Omit<Findings, "clean"> & {
  /** A result that was written although its run had been given to another, or a run that ended twice. */
  fencing: Finding[];
  /** A shard that changed its owner without a higher epoch, or whose epoch fell. */
  epochs: Finding[];
  conservation: Conservation;
  /** Runs that are counted wrongly: a run in two places, or a job that says it has fired more or less often than it has runs. */
  unbalanced: Finding[];
  clean: boolean;
};

/** Judges a course. Pure, and shares no code with Punctual. */
export function judge({ jobs, arrivals, facts, ownerships, endMs, stoppedMs, windows }: Course): Verdict {
  const due = facts.runs.filter((run) => run.nominalMs <= endMs);
  const attempts = groupBy(facts.attempts, (attempt) => attempt.runId);
  const runs = due.map((run) => runFact(run, attempts.get(run.runId) ?? []));
  const { clean, ...findings } = check({ jobs, arrivals, runs, endMs, stoppedMs, windows });
  const names = new Map(jobs.map((job) => [job.jobId, job.name]));
  const fencing = facts.runs.flatMap((run) => brokenFences(run, attempts.get(run.runId) ?? [], names));
  const epochs = brokenEpochs(ownerships);
  const unbalanced = [...countedTwice(due, names), ...miscounted(jobs, facts)];
  const isClean = clean && fencing.length + epochs.length + unbalanced.length === 0;
  return { ...findings, fencing, epochs, conservation: conservationOf(due), unbalanced, clean: isClean };
}

function runFact({ runId, jobId, nominalMs, kind, state, reason }: RunRow, attempts: readonly AttemptRow[]): RunFact {
  return {
    ...{ runId, jobId, nominalMs, kind, status: state, reason },
    attempts: attempts.map(({ attempt, outcome, failureClass }) => ({ attempt, outcome, failureClass })),
  };
}

/**
 * Each attempt has one result that counted, the last of a succeeded run is the one that succeeded, and none before it: a holder that was given up can only
 * leave late evidence.
 */
function brokenFences(run: RunRow, attempts: readonly AttemptRow[], names: ReadonlyMap<string, string>): Finding[] {
  const counted = attempts.filter((attempt) => !attempt.late);
  const found = (detail: string): Finding[] => [findingOf(run, names, detail)];
  const twice = counted.find((one, index) => counted.findIndex((other) => other.attempt === one.attempt) !== index);
  if (twice) return found(`attempt ${twice.attempt} has more than one result that counted: ${outcomes(counted)}`);
  const early = counted.find(({ attempt, outcome }) => outcome === "succeeded" && attempt !== run.attempt);
  if (early) return found(`attempt ${early.attempt} succeeded, and the run went on to attempt ${run.attempt}`);
  if (run.state === "succeeded" && !counted.some(({ attempt, outcome }) => attempt === run.attempt && outcome === "succeeded"))
    return found(`it succeeded at attempt ${run.attempt}, whose recorded results are: ${outcomes(attempts)}`);
  return [];
}

function outcomes(attempts: readonly AttemptRow[]): string {
  const texts = attempts.map(
    ({ attempt, outcome, late, nodeId }) => `${attempt} ${outcome}${late ? " late" : ""} (node ${nodeId ?? "none"})`,
  );
  return texts.join(", ") || "none";
}

function brokenEpochs(ownerships: readonly Ownership[]): Finding[] {
  const last = new Map<number, Ownership>();
  return ownerships.flatMap((seen) => {
    const before = last.get(seen.shard);
    last.set(seen.shard, seen);
    if (before === undefined || seen.epoch > before.epoch) return [];
    const detail = `owner ${before.owner ?? "none"} at epoch ${before.epoch}, then owner ${seen.owner ?? "none"} at epoch ${seen.epoch}`;
    return [{ job: `shard ${seen.shard}`, nominalAt: new Date(seen.atMs).toISOString(), detail }];
  });
}

function conservationOf(runs: readonly RunRow[]): Conservation {
  const count = (...states: string[]): number => runs.filter((run) => states.includes(run.state)).length;
  return {
    accepted: new Set(runs.map((run) => run.runId)).size,
    succeeded: count("succeeded"),
    dead: count("dead"),
    cancelled: count("cancelled"),
    skipped: count("skipped"),
    live: count("ready", "running", "waiting"),
  };
}

function countedTwice(runs: readonly RunRow[], names: ReadonlyMap<string, string>): Finding[] {
  return [...groupBy(runs, (run) => run.runId).values()].flatMap((rows) =>
    rows.slice(1).map((row) => findingOf(row, names, `run ${row.runId} is ${rows.map(({ state }) => state).join(" and ")}`)),
  );
}

/** Only for jobs that were never changed: an edit of the schedule begins the count anew. */
function miscounted(jobs: readonly JobFact[], { cursors, runs }: Facts): Finding[] {
  const revisions = groupBy(jobs, (job) => job.jobId);
  const byJob = groupBy(runs, (run) => run.jobId);
  return cursors.flatMap(({ jobId, fired }) => {
    const [job, ...others] = revisions.get(jobId) ?? [];
    if (job === undefined || others.length > 0 || job.endSentMs !== undefined) return [];
    const scheduled = (byJob.get(jobId) ?? []).filter((run) => run.kind === "scheduled" && run.state !== "skipped").length;
    if (scheduled === fired) return [];
    return [{ job: job.name, nominalAt: "", detail: `its cursor says that it fired ${fired} times, and it has ${scheduled} runs` }];
  });
}

function findingOf(run: RunRow, names: ReadonlyMap<string, string>, detail: string): Finding {
  return { job: names.get(run.jobId) ?? `unknown job ${run.jobId}`, nominalAt: new Date(run.nominalMs).toISOString(), detail };
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
