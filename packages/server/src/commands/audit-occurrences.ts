import { type AuditPage, type AuditVerdict, auditLatenessMs, auditProblems, auditVerdicts, PunctualError } from "@punctual/contract";
import {
  type AuditedJob,
  type AuditedOccurrence,
  compareOccurrences,
  type ExpectedOccurrence,
  expectedOccurrences,
} from "../model/audit.ts";
import { acceptInstant } from "../model/job-schedule.ts";
import { readJobIds } from "../store/auditing.ts";
import { readClock } from "../store/clock.ts";
import { readAuditedJobs, readRecorded } from "./audited-jobs.ts";
import type { CommandContext, Operation } from "./operation.ts";
import { pageCursor } from "./page-cursor.ts";
import { instant } from "./views.ts";

/** What a page may recompute, and how many jobs it may look at: about a third of a second. */
const mostOccurrences = 20_000;
const jobsAtOnce = 500;

/** A job's part of a page. */
type Part = { jobId: string; job: AuditedJob; fromMs: number; toMs: number; expected: ExpectedOccurrence[] };

export const auditOccurrences: Operation<"auditOccurrences"> = async (context, { query }) => {
  const { from, to, jobId, show = "problems", cursor } = query;
  const nowMs = await readClock(context.db);
  const window = { fromMs: acceptInstant(from, "from"), toMs: to === undefined ? nowMs + 1 : acceptInstant(to, "to"), nowMs };
  if (window.toMs <= window.fromMs) throw emptyWindow();
  // Without `to` the window ends now, which is later with each page: what matters is that each job is looked at once.
  const pages = pageCursor(context.tenantId, "audit", [from, to, jobId, show]);
  const { parts, nextKey } = await readParts(context, window, jobId?.toLowerCase(), positionOf(pages.read(cursor)));
  const records = await readRecorded(context.db, parts);
  const summary = emptySummary();
  const items: AuditPage["items"] = [];
  for (const part of parts) {
    const audited = compareOccurrences(part.job, part.expected, records.get(part.jobId) ?? [], { fromMs: part.fromMs, nowMs });
    summary.jobs++;
    summary.expected += part.expected.length;
    for (const occurrence of audited) {
      count(summary, occurrence);
      if (show === "all" || isProblem(occurrence.verdict)) items.push(view(part.jobId, occurrence));
    }
  }
  return { status: 200, body: { summary, items, nextCursor: pages.after(nextKey) } };
};

/** Where a page begins: after a job, or within one from a time on. */
type Position = { pastId: string | null; within: { jobId: string; fromMs: number } | null };

function positionOf(key: string | null): Position {
  const [id = "", ms] = key?.split("@") ?? [];
  if (key === null) return { pastId: null, within: null };
  return ms === undefined ? { pastId: id, within: null } : { pastId: null, within: { jobId: id, fromMs: Number(ms) } };
}

/** As many jobs as a page may hold, recomputed; `nextKey` says where the next page begins. */
async function readParts(
  context: CommandContext,
  window: { fromMs: number; toMs: number; nowMs: number },
  onlyJob: string | undefined,
  { pastId, within }: Position,
): Promise<{ parts: Part[]; nextKey: string | null }> {
  const begun = within === null ? [] : [within.jobId];
  const afterId = within?.jobId ?? pastId;
  const wanted = { pastId: afterId, createdBeforeMs: window.nowMs + 1, limit: jobsAtOnce };
  const others =
    onlyJob === undefined ? await readJobIds(context.db, context.tenantId, wanted) : pastId === null && within === null ? [onlyJob] : [];
  const ids = [...begun, ...others];
  const jobs = await readAuditedJobs(context.db, context.tenantId, ids);
  if (onlyJob !== undefined && !jobs.has(onlyJob)) throw new PunctualError("job_not_found", `There is no job ${onlyJob}.`);
  const parts: Part[] = [];
  let left = mostOccurrences;
  for (const jobId of ids) {
    const job = jobs.get(jobId);
    if (!job) continue;
    const fromMs = jobId === within?.jobId ? within.fromMs : window.fromMs;
    const { occurrences, untilMs } = expectedOccurrences(job, { ...window, fromMs }, left);
    parts.push({ jobId, job, fromMs, toMs: untilMs, expected: occurrences });
    if (untilMs < window.toMs) return { parts, nextKey: `${jobId}@${untilMs}` };
    left -= occurrences.length;
    if (left <= 0) return { parts, nextKey: jobId };
  }
  const isFull = onlyJob === undefined && others.length === jobsAtOnce;
  return { parts, nextKey: isFull ? (ids.at(-1) ?? null) : null };
}

function emptySummary(): AuditPage["summary"] {
  return {
    jobs: 0,
    expected: 0,
    verdicts: Object.fromEntries(auditVerdicts.map((verdict) => [verdict, 0])) as Record<AuditVerdict, number>,
    skipped: {},
    startedWithin: [...auditLatenessMs, null].map((ms) => ({ ms, count: 0 })),
    maxLatenessMs: null,
  };
}

function count(summary: AuditPage["summary"], { verdict, record, latenessMs }: AuditedOccurrence): void {
  summary.verdicts[verdict]++;
  if (verdict === "skipped") {
    const reason = record?.reason ?? "unknown";
    summary.skipped[reason] = (summary.skipped[reason] ?? 0) + 1;
  }
  if (latenessMs === null) return;
  const bucket = summary.startedWithin.find(({ ms }) => ms === null || latenessMs <= ms);
  if (bucket) bucket.count++;
  summary.maxLatenessMs = Math.max(summary.maxLatenessMs ?? latenessMs, latenessMs);
}

function isProblem(verdict: AuditVerdict): boolean {
  return (auditProblems as readonly AuditVerdict[]).includes(verdict);
}

function view(jobId: string, { nominalMs, verdict, revision, record, latenessMs }: AuditedOccurrence): AuditPage["items"][number] {
  return {
    jobId,
    nominalAt: instant(nominalMs),
    verdict,
    revision,
    runId: record?.runId ?? null,
    status: record?.state ?? null,
    reason: record?.reason ?? null,
    latenessMs: latenessMs === null ? null : Math.round(latenessMs),
  };
}

function emptyWindow(): PunctualError {
  const message = "to is not after from, so that there is nothing to audit.";
  return new PunctualError("request_invalid", message, { faults: [{ pointer: "to", message, expected: "a time after from" }] });
}
