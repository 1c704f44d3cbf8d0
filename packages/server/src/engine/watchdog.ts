import { type FindingKind, findingKinds } from "@punctual/contract";
import { readAuditedJobs, readRecorded } from "../commands/audited-jobs.ts";
import { type AuditedJob, type ExpectedOccurrence, expectedOccurrences } from "../model/audit.ts";
import { auditFindings, type Finding, settledMs, type WatchedJob, withoutNext } from "../model/finding.ts";
import { readClock } from "../store/clock.ts";
import { type Database, isUnavailable } from "../store/database.ts";
import { countFindings, readOverdue, readWatched, recordFindings, type WatchedRow } from "../store/findings.ts";
import { holdDuty } from "../store/leases.ts";
import type { Emit } from "../telemetry/events.ts";
import { type Loop, startLoop } from "./loop.ts";
import type { Membership } from "./membership.ts";
import { monotonicMs } from "./node-clock.ts";

const lookEveryMs = 5_000;
const dutyTtlMs = 20_000;
/** A page stops at whichever comes first; 250 jobs a second with nothing to audit, and 2,000 occurrences: under a hundredth of a core, and under a twentieth. */
const jobsAPage = { least: 100, most: 500 };
const occurrencesAPage = 500;
const restAJobMs = 4;
/** After a page with many occurrences: at the pace of jobs, those that fire often would be audited more slowly than they fire. */
const busyRestMs = 250;
/** Of its time it looks for a twentieth: with a snapshot held elsewhere, whether a job has a live run takes as many steps as it had runs since. */
const restALook = 20;
/** Half of what its duty lasts. */
const longestRestMs = 10_000;
/** No round begins sooner after the one before. */
const roundEveryMs = 60_000;
/** How far back a node audits that has just taken the duty over; later rounds begin where the one before began. */
const firstAuditMs = 3 * 3_600_000;
/** How long a finding about an occurrence is looked after; then `punctual audit` still tells of it. */
const longestAuditMs = 7 * 86_400_000;
const overduePerShard = 4;
const auditedKinds = findingKinds.filter((kind) => kind !== "cursor_overdue");
const beforeAll = { shard: -1, jobId: "00000000-0000-0000-0000-000000000000" };

export type WatchdogOptions = { db: Database; membership: () => Membership; overdueAfterMs: number; emit: Emit };

/**
 * Looks for what must never be, all the time, and says so: cursors that stand overdue, active jobs without a next occurrence, and what an audit of the time since
 * its last round finds. One node does it for all, whoever owns the shards: an owner that hangs would not find itself. Harmless when two do.
 */
export function startWatchdog({ db, membership, overdueAfterMs, emit }: WatchdogOptions): Loop {
  let lookedMs = Number.NEGATIVE_INFINITY;
  let hasDuty = false;
  let round = { after: beforeAll, begunMs: 0, fromMs: 0, ended: true };
  let jobsMost = jobsAPage.least;
  /** Monotonic. */
  let roundBegunMs = Number.NEGATIVE_INFINITY;

  const look = async (): Promise<number> => {
    const isTime = monotonicMs() - lookedMs >= lookEveryMs;
    if (isTime) {
      lookedMs = monotonicMs();
      const had = hasDuty;
      hasDuty = await holdDuty(db, "watchdog", membership().nodeId(), dutyTtlMs);
      if (hasDuty) await record({ jobs: null, kinds: ["cursor_overdue"] }, await readOverdue(db, overdueAfterMs, overduePerShard));
      if (!had) round = { after: beforeAll, begunMs: 0, fromMs: 0, ended: true };
    }
    if (hasDuty && round.ended && monotonicMs() - roundBegunMs >= roundEveryMs) await beginRound();
    const begunMs = monotonicMs();
    const wishedMs = hasDuty && !round.ended ? await watchPage() : lookEveryMs;
    const restMs = Math.max(wishedMs, Math.min(longestRestMs, restALook * (monotonicMs() - begunMs)));
    // Every node shows it among its metrics.
    if (isTime) emit({ type: "findings_counted", findings: await countFindings(db) });
    return hasDuty && !round.ended ? restMs : lookEveryMs;
  };

  const beginRound = async (): Promise<void> => {
    roundBegunMs = monotonicMs();
    const nowMs = await readClock(db);
    const fromMs = round.begunMs === 0 ? nowMs - firstAuditMs : round.begunMs - 2 * settledMs;
    round = { after: beforeAll, begunMs: nowMs, fromMs, ended: false };
  };

  /** @returns how long to rest after it */
  const watchPage = async (): Promise<number> => {
    const asked = jobsMost;
    const rows = await readWatched(db, round.after, asked);
    const nowMs = await readClock(db);
    const { looked, found, occurrences } = await watch(db, rows, { fromMs: round.fromMs, nowMs });
    if (found.length > 0 || looked.some(({ findings }) => findings > 0))
      await record({ jobs: looked.map(({ shard, job_id: jobId }) => ({ shard, jobId })), kinds: auditedKinds }, found);
    const last = looked.at(-1);
    const isThrough = looked.length === rows.length;
    round = { ...round, after: last ? { shard: last.shard, jobId: last.job_id } : round.after, ended: rows.length < asked && isThrough };
    // What is read and not looked at is read again.
    jobsMost = isThrough ? Math.min(jobsAPage.most, asked * 2) : Math.max(jobsAPage.least, looked.length);
    return occurrences > occurrencesAPage / 2 ? busyRestMs : Math.max(busyRestMs, Math.min(lookEveryMs, looked.length * restAJobMs));
  };

  const record = async (
    looked: { jobs: readonly { shard: number; jobId: string }[] | null; kinds: readonly FindingKind[] },
    found: readonly Finding[],
  ): Promise<void> => {
    for (const { change, kind, job_id: jobId, tenant_id: tenantId, detail } of await recordFindings(db, looked, found))
      emit({ type: "finding_changed", change, kind, jobId, tenantId, detail });
  };

  return startLoop({
    look,
    failed: (error) => {
      emit({ type: "loop_failed", loop: "watchdog", error, databaseAway: isUnavailable(error) });
      return lookEveryMs;
    },
  });
}

/** Looks at a page of jobs, or at the first of it when these alone have occurrences enough for a look. */
async function watch(
  db: Database,
  rows: readonly WatchedRow[],
  { fromMs, nowMs }: { fromMs: number; nowMs: number },
): Promise<{ looked: WatchedRow[]; found: Finding[]; occurrences: number }> {
  const { jobs, unreadable } = await auditedJobs(db, rows);
  const looked: WatchedRow[] = [];
  const parts: { watched: WatchedJob; jobId: string; job: AuditedJob; fromMs: number; toMs: number; expected: ExpectedOccurrence[] }[] = [];
  let left = occurrencesAPage;
  for (const row of rows) {
    if (left <= 0) break;
    looked.push(row);
    const job = jobs.get(row.job_id);
    if (!job) continue;
    const earliestMs = Math.min(fromMs, Math.max(row.found_from_ms ?? fromMs, nowMs - longestAuditMs));
    const window = { fromMs: earliestMs, toMs: nowMs - settledMs, nowMs };
    const { occurrences, untilMs } = expectedOccurrences(job, window, 10 * occurrencesAPage);
    left -= occurrences.length + 1;
    const watched = { shard: row.shard, jobId: row.job_id, tenantId: row.tenant_id, isLive: row.is_live };
    parts.push({ watched, jobId: row.job_id, job, fromMs: earliestMs, toMs: untilMs, expected: occurrences });
  }
  const records = await readRecorded(db, parts);
  const found = parts.flatMap(({ watched, jobId, job, fromMs: from, expected }) => {
    const next = withoutNext(watched, job, nowMs);
    return [...(next ? [next] : []), ...auditFindings(watched, job, expected, records.get(jobId) ?? [], { fromMs: from, nowMs })];
  });
  const cannotRead = looked.filter((row) => unreadable.has(row.job_id)).map(unreadableFinding);
  const occurrences = parts.reduce((sum, { expected }) => sum + expected.length, 0);
  return { looked, found: [...found, ...cannotRead], occurrences };
}

/** One job that cannot be read is a finding of its own, and must not keep the others of its page from being looked at. */
async function auditedJobs(
  db: Database,
  rows: readonly WatchedRow[],
): Promise<{ jobs: Map<string, AuditedJob>; unreadable: ReadonlySet<string> }> {
  const jobs = new Map<string, AuditedJob>();
  const unreadable = new Set<string>();
  for (const tenantId of new Set(rows.map((row) => row.tenant_id))) {
    const ids = rows.filter((row) => row.tenant_id === tenantId).map((row) => row.job_id);
    const read = await readAuditedJobs(db, tenantId, ids, (jobId) => unreadable.add(jobId));
    for (const [jobId, job] of read) jobs.set(jobId, job);
  }
  return { jobs, unreadable };
}

function unreadableFinding({ shard, job_id: jobId, tenant_id: tenantId }: WatchedRow): Finding {
  const detail = "this version cannot read its definition, or one that it had";
  return { kind: "definition_unreadable", shard, jobId, tenantId, nominalMs: null, detail };
}
