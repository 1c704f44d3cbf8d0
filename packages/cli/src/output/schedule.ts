import type { Job, ScheduleBody } from "@punctual/contract";
import { safeText } from "./safe.ts";
import { exactText, whenText } from "./when.ts";

/** A schedule in one line, as its author wrote it. */
export function scheduleText(schedule: ScheduleBody): string {
  const { cron, every, runAt, anyOf, timezone } = schedule;
  if (anyOf !== undefined) return anyOf.map(scheduleText).join("; ");
  if (cron !== undefined) return `${safeText(cron)} (${timezone ?? "UTC"})`;
  if (every !== undefined) return `every ${every}${schedule.after === "completion" ? " after completion" : ""}`;
  return runAt === undefined ? "" : `once at ${exactText(runAt)}`;
}

/** What shapes a schedule besides its kind and its zone, name and value; null where the job does not say. */
export function shapeFields(schedule: ScheduleBody): [name: string, value: string | null][] {
  const { dialect, dst, exclude, spread, jitter, startAt, endAt } = schedule;
  const policies = [dst?.gap && `gap ${dst.gap}`, dst?.overlap && `overlap ${dst.overlap}`].filter((text) => text !== undefined);
  return [
    ["dialect", dialect ?? null],
    ["dst", policies.join(", ") || null],
    ["excluded", exclude?.map(exclusionText).join("\n") || null],
    ["spread", spread ?? null],
    ["jitter", jitter ?? null],
    ["starts at", startAt ?? null],
    ["ends at", endAt ?? null],
  ];
}

/** The next occurrence, with its start where spread or jitter moves it. */
export function nextRunText({ nextRunAt, nextRunEffectiveAt }: Pick<Job, "nextRunAt" | "nextRunEffectiveAt">, nowMs: number): string {
  if (nextRunAt === null) return "";
  const moved = nextRunEffectiveAt !== null && nextRunEffectiveAt !== nextRunAt;
  return `${whenText(nextRunAt, nowMs)}${moved ? `, starts ${exactText(nextRunEffectiveAt)}` : ""}`;
}

function exclusionText(exclusion: NonNullable<ScheduleBody["exclude"]>[number]): string {
  if ("date" in exclusion) return exclusion.date;
  if ("from" in exclusion) return `${exclusion.from} to ${exclusion.to}`;
  if ("cron" in exclusion) return safeText(exclusion.cron);
  return `${exclusion.weekly}${exclusion.between === undefined ? "" : ` ${exclusion.between}`}`;
}
