import { parseSchedule } from "@punctual/schedule";
import { acceptInstant, acceptSchedule, asFault } from "../model/job-definition.ts";
import { readClock } from "../store/clock.ts";
import type { Operation } from "./operation.ts";
import { instant } from "./views.ts";

const defaultCount = 10;

export const previewSchedule: Operation<"previewSchedule"> = async (context, { body }) => {
  const { from, count = defaultCount, ...fields } = body;
  const nowMs = await readClock(context.db);
  const spec = acceptSchedule(fields, nowMs);
  const schedule = asFault(() => parseSchedule(spec));
  const timezone = schedule.timezone;
  const local = localFormat(timezone);
  const occurrences = [];
  let next = schedule.next(from !== undefined ? acceptInstant(from, "/from") : spec.runAt === undefined ? nowMs : Number.NEGATIVE_INFINITY);
  while (next !== null && occurrences.length < count) {
    occurrences.push({ nominalAt: instant(next), localTime: local(next) });
    next = schedule.next(next);
  }
  return {
    status: 200,
    body: {
      description: schedule.describe(),
      timezone,
      occurrences,
      nextFrom: next === null ? null : (occurrences.at(-1)?.nominalAt ?? null),
    },
  };
};

/** `2027-03-01T10:00:00+01:00` in the zone. */
function localFormat(timezone: string): (epochMs: number) => string {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "longOffset",
  });
  return (epochMs) => {
    const part = Object.fromEntries(format.formatToParts(epochMs).map(({ type, value }) => [type, value]));
    const offset = part.timeZoneName === "GMT" ? "Z" : part.timeZoneName?.slice(3);
    return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}${offset}`;
  };
}
