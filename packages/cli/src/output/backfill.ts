import type { Backfill, BackfillPlan } from "@punctual/contract";
import type { Io } from "../io.ts";
import { paintStatus } from "./paint.ts";
import { fieldsText, tableText } from "./table.ts";
import { exactText, whenText } from "./when.ts";

/** A backfill in full, a field a line. */
export function backfillText(io: Io, backfill: Backfill): string {
  const now = io.nowMs();
  return fieldsText(io, [
    ["backfill", backfill.backfillId],
    ["job", `${backfill.jobId}, revision ${backfill.revision}`],
    ["status", paintStatus(io, backfill.status)],
    ["range", `${exactText(backfill.from)} to ${exactText(backfill.to)}`],
    [
      "progress",
      `${backfill.percent}% of ${backfill.total}: ${backfill.started} started, ${backfill.passedOver} had run, ${backfill.live} live`,
    ],
    ["at once", String(backfill.concurrency)],
    ["priority", String(backfill.priority)],
    ["estimated end", backfill.estimatedEndAt === null ? null : whenText(backfill.estimatedEndAt, now)],
    ["created", `${whenText(backfill.createdAt, now)}${backfill.createdBy === null ? "" : ` by ${backfill.createdBy}`}`],
    ["ended", backfill.endedAt === null ? null : whenText(backfill.endedAt, now)],
  ]);
}

/** Backfills as a table. */
export function backfillTable(io: Io, backfills: readonly Backfill[]): Promise<string> {
  return tableText(
    io,
    ["backfill", "job", "status", "from", "to", "progress"],
    backfills.map((each) => [
      each.backfillId,
      each.jobId,
      paintStatus(io, each.status),
      exactText(each.from),
      exactText(each.to),
      `${each.percent}% of ${each.total}`,
    ]),
  );
}

/** What a dry run found. */
export function backfillPlanText({ occurrences, alreadyRan, toRun, first, last }: BackfillPlan): string {
  if (first === null || last === null) return "The schedule has no occurrence in this range.\n";
  const range = `${occurrences} occurrences from ${exactText(first)} to ${exactText(last)}`;
  return `Would carry out ${toRun} of ${range}; ${alreadyRan} have run already.\n`;
}
