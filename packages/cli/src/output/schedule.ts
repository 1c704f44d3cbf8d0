import type { Job } from "@punctual/contract";
import type { ScheduleFields } from "../schedule-fields.ts";
import { safeText } from "./safe.ts";
import { exactText, whenText } from "./when.ts";

/** A schedule in one line, as its author wrote it. */
export function scheduleText(schedule: ScheduleFields): string {
  const { cron, every, runAt, rrule, anyOf, timezone } = schedule;
  if (anyOf !== undefined) return anyOf.map(scheduleText).join("; ");
  if (cron !== undefined) return `${safeText(cron)} (${timezone ?? "UTC"})`;
  if (every !== undefined) return `every ${every}${schedule.after === "completion" ? " after completion" : ""}`;
  if (rrule !== undefined) return `${safeText(rrule).replaceAll(/\s+/g, " ")} (${timezone ?? "UTC"})`;
  return runAt === undefined ? "" : `once at ${exactText(runAt)}`;
}

/** What shapes a schedule besides its kind and its zone, name and value; null where the job does not say. */
export function shapeFields(schedule: ScheduleFields): [name: string, value: string | null][] {
  const { dialect, dst, exclude, roll, businessDays, spread, jitter, startAt, endAt } = schedule;
  const policies = [dst?.gap && `gap ${dst.gap}`, dst?.overlap && `overlap ${dst.overlap}`].filter((text) => text !== undefined);
  return [
    ["dialect", dialect ?? null],
    ["dst", policies.join(", ") || null],
    ["excluded", exclude?.map(exclusionText).join("\n") || null],
    ["rolled", roll?.replace("_", " ") ?? null],
    ["days", businessDays === undefined ? null : `business days ${businessDays.join(", ")}`],
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

/** Longer ones are whole calendars of holidays, which `--json` shows. */
const exclusionChars = 60;

function exclusionText(exclusion: NonNullable<ScheduleFields["exclude"]>[number]): string {
  if ("from" in exclusion) return `${exclusion.from} to ${exclusion.to}`;
  const text = Object.values(exclusion).join(" ").replaceAll(/\s+/g, " ");
  return safeText(text.length <= exclusionChars ? text : `${text.slice(0, exclusionChars - 3)}...`);
}
