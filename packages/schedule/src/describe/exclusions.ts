import { parseCron } from "../cron/parse.ts";
import type { TimeExclusion } from "../exclude/exclusion.ts";
import type { ScheduleSpec } from "../spec.ts";
import { describeCron } from "./cron.ts";
import { english } from "./english.ts";
import { members, runsOf } from "./sets.ts";
import { sayValues } from "./wording.ts";

/** More exclusions than these are counted and not said: nobody reads a year's holidays in one sentence. */
const mostSaid = 4;

const rolls = {
  following: "moved from there to the next business day",
  preceding: "moved from there to the business day before",
  modified_following: "moved from there to the next business day of the month, else to the one before",
};

/**
 * Adds to a schedule's description what `exclude`, `roll` and `businessDays` make of it.
 *
 * @param schedules the excluded schedules, by their place
 */
export function describeShape(
  text: string,
  { exclude = [], roll, businessDays }: ScheduleSpec,
  schedules: readonly { place: string; describe(): string }[],
): string {
  const items = exclude.slice(0, exclude.length > mostSaid + 1 ? mostSaid : exclude.length).map((exclusion, index) => {
    if (!("schedule" in exclusion)) return describeExclusion(exclusion);
    const said = schedules.find(({ place }) => place === `exclude[${index}]`)?.describe() ?? "";
    return `when this fires: ${said.charAt(0).toLowerCase()}${said.slice(1)}`;
  });
  if (items.length < exclude.length) items.push(`${exclude.length - items.length} more`);
  const parts = [text];
  if (businessDays !== undefined)
    parts.push(`only on ${english.list(businessDays.map(english.placeInMonth), "and")} business day of the month`);
  if (items.length > 0) parts.push(`except ${items.join("; ")}`);
  if (roll !== undefined) parts.push(rolls[roll]);
  return parts.join(", ");
}

function describeExclusion(exclusion: TimeExclusion): string {
  if ("ics" in exclusion) return "on the days of a calendar";
  if ("from" in exclusion) return `from ${exclusion.from} to ${exclusion.to}`;
  if ("cron" in exclusion) {
    const said = describeCron(parseCron(exclusion.cron, "punctual").pattern, english);
    return `${said.charAt(0).toLowerCase()}${said.slice(1)}`;
  }
  if ("weekly" in exclusion) {
    const days = members(parseCron(`* * * * ${exclusion.weekly}`, "punctual").pattern.weekdays, 0, 0, 6);
    const said = english.onDays(sayValues(english, { shape: "list", runs: runsOf(days) }, english.weekday));
    return exclusion.between === undefined ? said : `from ${exclusion.between.replace("-", " to ")} ${said}`;
  }
  const [month, day] = exclusion.date.split("-").slice(-2).map(Number) as [number, number];
  return exclusion.date.length === 5
    ? `${english.onDays(english.dayOfMonth(day))} ${english.inMonths(english.month(month))}`
    : english.onDays(exclusion.date);
}
