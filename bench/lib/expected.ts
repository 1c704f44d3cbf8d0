import { type CronOracle, createCronOracle } from "./cron-oracle.ts";
import { type JobFact, occurrenceKey } from "./history.ts";

/** An occurrence that a job's schedule has between its creation and the end of all. */
export type Expected = {
  job: JobFact;
  nominalMs: number;
  /** False in the grey zones, where it may arrive or not: while the job was being created or changed, and after the end. */
  required: boolean;
  /** It must not run, and must be recorded as skipped. */
  skipped: boolean;
  /** When it became due: its nominal time, or, for a one-time job made for a time in the past, when its creation was acknowledged. */
  dueMs: number;
};

export type Dialect = { expression: string; jobs: number; difference: string };

export type Obligations = {
  /** By `occurrenceKey`. */
  occurrences: ReadonlyMap<string, Expected>;
  /** Expressions that croner reads only in other words (they are checked), or not at all (they are not). */
  dialect: readonly Dialect[];
  /** Jobs that no oracle can judge. */
  unverifiable: ReadonlySet<string>;
};

/**
 * What had to happen, computed without Punctual: cron by croner, `every` by arithmetic on its anchor, `runAt` as it stands.
 *
 * @param endMs until when occurrences are required
 * @param stoppedMs until when they are allowed
 */
export function obligationsOf(jobs: readonly JobFact[], endMs: number, stoppedMs: number): Obligations {
  const oracles = new Map<string, CronOracle | string>();
  const dialect = new Map<string, Dialect>();
  const occurrences = new Map<string, Expected>();
  const unverifiable = new Set<string>();
  for (const job of jobs) {
    const nominals = nominalsOf(job, Math.min(stoppedMs, job.endAcknowledgedMs ?? stoppedMs), (cron, timezone) => {
      const oracle = remembered(oracles, `${timezone} ${cron}`, () => oracleOrRefusal(cron, timezone));
      note(dialect, cron, oracle);
      return typeof oracle === "string" ? null : oracle;
    });
    if (nominals === null) unverifiable.add(job.jobId);
    for (const nominalMs of nominals ?? []) {
      const isOnce = "runAtMs" in job.schedule;
      const isHeld = nominalMs < (job.endSentMs ?? Number.POSITIVE_INFINITY);
      const fate = fateOf(job, nominals ?? [], nominalMs, endMs);
      const required = fate === "runs" && nominalMs <= endMs && isHeld && (isOnce || nominalMs > job.acknowledgedMs);
      const key = occurrenceKey(job.jobId, nominalMs);
      // Two revisions of a job may both have it: it is required when either requires it.
      if (occurrences.get(key)?.required) continue;
      const dueMs = isOnce ? Math.max(nominalMs, job.acknowledgedMs) : nominalMs;
      occurrences.set(key, { job, nominalMs, required, skipped: fate === "skipped", dueMs });
    }
  }
  return { occurrences, dialect: [...dialect.values()], unverifiable };
}

/** What the misfire policy makes of an occurrence. Near the window's end it is open, as its age was taken at some moment between the return and the end. */
function fateOf({ missed }: JobFact, nominals: readonly number[], nominalMs: number, endMs: number): "runs" | "skipped" | "open" {
  if (missed === undefined || missed.policy === "all" || nominalMs > endMs - missed.windowMs) return "runs";
  const oldMs = missed.resumedFromMs - missed.windowMs;
  if (nominalMs >= oldMs) return "open";
  if (missed.policy === "skip") return "skipped";
  // The latest of the old ones runs: this one, or one of those whose age is open.
  return nominals.some((other) => other > nominalMs && other < oldMs) ? "skipped" : "open";
}

type OracleOf = (cron: string, timezone: string) => CronOracle | null;

/** A recurring job never fires for a time before its creation; a one-time job fires for its time whenever that is. */
function nominalsOf({ schedule, sentMs }: JobFact, untilMs: number, oracleOf: OracleOf): readonly number[] | null {
  if ("runAtMs" in schedule) return [schedule.runAtMs];
  if ("cron" in schedule) return oracleOf(schedule.cron, schedule.timezone)?.between(sentMs, untilMs) ?? null;
  const { anchorMs, everyMs } = schedule;
  const found: number[] = [];
  for (let at = anchorMs + (Math.floor((sentMs - anchorMs) / everyMs) + 1) * everyMs; at <= untilMs; at += everyMs) found.push(at);
  return found;
}

function oracleOrRefusal(cron: string, timezone: string): CronOracle | string {
  try {
    return createCronOracle(cron, timezone);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function note(dialect: Map<string, Dialect>, expression: string, oracle: CronOracle | string): void {
  const difference = typeof oracle === "string" ? `not verified, croner refuses it: ${oracle}` : oracle.differences.join("; ");
  if (difference === "") return;
  const known = dialect.get(expression);
  dialect.set(expression, { expression, difference, jobs: (known?.jobs ?? 0) + 1 });
}

function remembered<V>(cache: Map<string, V>, key: string, make: () => V): V {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = make();
  cache.set(key, made);
  return made;
}
