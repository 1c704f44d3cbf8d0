import type { Database } from "../../src/store/database.ts";
import type { Queues, SimulatedJob, SimulatedQueue } from "./jobs.ts";
import type { Begun } from "./ledger.ts";

type Run = { run_id: string; job_id: string; state: string; nominal_ms: number; attempt: number; reason: string | null };
type Attempt = {
  run_id: string;
  attempt: number;
  outcome: string;
  may_have_been_seen: boolean | null;
  worker: string | null;
  failure_class: string | null;
};

/** How much was seen; a seed in which nothing happens proves nothing. */
export type Tally = { runs: number; attempts: number; lost: number; dead: number; skipped: number };

/** Compares, when all is over, what is stored with what the schedules ask for and with what the targets saw. @returns breaches, in words */
export async function judge(
  db: Database,
  { jobs, queues }: { jobs: readonly SimulatedJob[]; queues: Queues },
  begun: readonly Begun[],
): Promise<{ breaches: string[]; tally: Tally }> {
  const { rows: witnessed } = await db.query<{ at_ms: number; what: string }>("select at_ms, what from simulation.breaches order by place");
  const { rows: runs } = await db.query<Run>(
    "select run_id, job_id, state, punctual.ms(nominal_at) as nominal_ms, attempt, reason from punctual.finished_runs order by nominal_at, run_id",
  );
  const { rows: attempts } = await db.query<Attempt>(
    "select run_id, attempt, outcome, failure_class, may_have_been_seen, worker from punctual.all_attempts where not late order by run_id, attempt",
  );
  const tally = {
    runs: runs.length,
    attempts: begun.length,
    lost: attempts.filter(({ outcome }) => outcome === "lost").length,
    dead: runs.filter(({ state }) => state === "dead").length,
    skipped: runs.filter(({ state }) => state === "skipped").length,
  };
  const breaches = [
    ...witnessed.map(({ at_ms: atMs, what }) => `${new Date(atMs).toISOString()} ${what}`),
    ...occurrenceBreaches(jobs, runs),
    ...attemptBreaches(runs, attempts),
    ...ledgerBreaches(runs, attempts, begun),
    ...Object.values(queues).flatMap((queue) => queueBreaches(jobs, queue, runs, attempts, begun)),
  ];
  return { breaches, tally };
}

/** Ended for everybody but the one who made it. So may a worker's be, also when its time is over, or its end was asked for, and it did not get through. */
const isGivenUp = ({ outcome, worker, failure_class: failureClass }: Attempt): boolean =>
  outcome === "lost" || (worker !== null && (outcome === "cancelled" || failureClass === "timeout"));

/** Every occurrence has exactly one run, and no run is without an occurrence. */
function occurrenceBreaches(jobs: readonly SimulatedJob[], runs: readonly Run[]): string[] {
  const found = countBy(runs, ({ job_id: jobId, nominal_ms: nominalMs }) => `${jobId} ${nominalMs}`);
  const breaches: string[] = [];
  for (const { row, nominals } of jobs) {
    for (const nominalMs of nominals) {
      const key = `${row.jobId} ${nominalMs}`;
      const count = found.get(key) ?? 0;
      found.delete(key);
      if (count !== 1) breaches.push(`the occurrence ${new Date(nominalMs).toISOString()} of job ${row.jobId} has ${count} runs`);
    }
  }
  for (const key of found.keys()) breaches.push(`a run of no occurrence: job and time ${key}`);
  const maySkip = new Set(jobs.filter((job) => job.maySkip).map(({ row }) => row.jobId));
  for (const run of runs)
    if (run.state === "skipped" && !maySkip.has(run.job_id))
      breaches.push(`run ${run.run_id} of job ${run.job_id} was skipped: ${run.reason}`);
  return breaches;
}

/** A run's attempts are 1 to n, each recorded once; the last one decides what became of it. */
function attemptBreaches(runs: readonly Run[], attempts: readonly Attempt[]): string[] {
  const byRun = groupByRun(attempts);
  return runs.flatMap(({ run_id: runId, state, attempt }) => {
    const made = byRun.get(runId) ?? [];
    const numbers = made.map((each) => each.attempt).join(", ");
    if (numbers !== Array.from({ length: attempt }, (_, index) => index + 1).join(", "))
      return [`run ${runId} ended as ${state} after attempt ${attempt}; recorded are attempts ${numbers || "none"}`];
    const last = made.at(-1)?.outcome;
    if ((state === "succeeded") !== (last === "succeeded")) return [`run ${runId} ended as ${state}, its last attempt ${last}`];
    return [];
  });
}

/** No attempt is made twice, none that succeeded is followed by another without having been taken for lost, and what is recorded is what happened. */
function ledgerBreaches(runs: readonly Run[], attempts: readonly Attempt[], begun: readonly Begun[]): string[] {
  const breaches: string[] = [];
  const recorded = new Map(attempts.map((each) => [`${each.run_id} ${each.attempt}`, each]));
  for (const [key, count] of countBy(begun, ({ runId, attempt }) => `${runId} ${attempt}`)) {
    if (count > 1) breaches.push(`run and attempt ${key} began ${count} times`);
  }
  for (const { runId, attempt, outcome, atMs, nominalMs } of begun) {
    const key = `${runId} ${attempt}`;
    const said = recorded.get(key);
    if (atMs < nominalMs) breaches.push(`run and attempt ${key} began ${nominalMs - atMs} ms before its time`);
    if (said === undefined) breaches.push(`run and attempt ${key} began and is not recorded`);
    else if (said.may_have_been_seen === false) breaches.push(`run and attempt ${key} began and is recorded as never sent`);
    else if (!isGivenUp(said) && said.outcome !== outcome)
      breaches.push(`run and attempt ${key} is recorded as ${said.outcome} and ${outcome ?? "never ended"}`);
    recorded.delete(key);
  }
  // One that could not be prepared, as the database did not answer or the lease ended meanwhile, never reached its target.
  for (const [key, said] of recorded)
    if (!isGivenUp(said) && said.may_have_been_seen !== false)
      breaches.push(`run and attempt ${key}, recorded as ${said.outcome}, never began`);
  return runs.length === 0 ? [...breaches, "nothing ran"] : breaches;
}

/**
 * No more attempts of the queue go on at a time than it allows. Those that were given up do not count: a node that is paused or cut off goes on with what was
 * given to another.
 */
function queueBreaches(
  jobs: readonly SimulatedJob[],
  queue: SimulatedQueue,
  runs: readonly Run[],
  attempts: readonly Attempt[],
  begun: readonly Begun[],
): string[] {
  const queuedJobs = new Set(jobs.filter((job) => job.queue === queue).map(({ row }) => row.jobId));
  const queuedRuns = new Set(runs.filter(({ job_id: jobId }) => queuedJobs.has(jobId)).map(({ run_id: runId }) => runId));
  const givenUp = new Set(attempts.filter(isGivenUp).map(({ run_id: runId, attempt }) => `${runId} ${attempt}`));
  const counted = begun.filter(({ runId, attempt }) => queuedRuns.has(runId) && !givenUp.has(`${runId} ${attempt}`));
  const isOnAt = (atMs: number, each: Begun): boolean => each.atMs <= atMs && atMs < (each.endedMs ?? Number.POSITIVE_INFINITY);
  return counted.flatMap(({ runId, atMs }) => {
    const together = counted.filter((each) => isOnAt(atMs, each)).length;
    return together > queue.concurrency
      ? [`as run ${runId} began, ${together} attempts of the queue ${queue.name}, for ${queue.concurrency}, went on`]
      : [];
  });
}

function groupByRun(attempts: readonly Attempt[]): Map<string, Attempt[]> {
  const groups = new Map<string, Attempt[]>();
  for (const attempt of attempts) groups.set(attempt.run_id, [...(groups.get(attempt.run_id) ?? []), attempt]);
  return groups;
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
