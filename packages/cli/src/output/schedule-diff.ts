import type { ScheduleDiff } from "@punctual/contract";
import type { Io } from "../io.ts";
import { paint } from "./paint.ts";
import { safeText } from "./safe.ts";
import { whenText } from "./when.ts";

/** What an edit does to the next occurrences of a job. */
export type ScheduleChange = { kept: string[]; lost: string[]; added: string[] };

/** The occurrences before and after an edit in one list, in order: `-` is lost, `+` is added. */
export function scheduleChangeText(io: Pick<Io, "nowMs" | "colour">, change: ScheduleChange): string {
  const { kept, lost, added } = change;
  const count = kept.length + lost.length + added.length;
  const summary = `Of the next ${count} occurrences ${kept.length} would stay, ${lost.length} be lost and ${added.length} added. Nothing was changed.\n`;
  return `${occurrenceLines(io, change)}${summary}`;
}

/** Two schedules in words, and their next occurrences in one list. */
export function scheduleDiffText(io: Pick<Io, "nowMs" | "colour">, diff: ScheduleDiff): string {
  const titles = `${paint(io, "red", `- ${safeText(diff.before)}`)}\n${paint(io, "green", `+ ${safeText(diff.after)}`)}\n`;
  const isSame = diff.lost.length + diff.added.length === 0;
  return `${titles}${occurrenceLines(io, diff)}${isSame ? "No difference in what was compared.\n" : ""}`;
}

function occurrenceLines(io: Pick<Io, "nowMs" | "colour">, { kept, lost, added }: ScheduleChange): string {
  const now = io.nowMs();
  const lines = [
    ...kept.map((at) => ({ at, text: `    ${whenText(at, now)}` })),
    ...lost.map((at) => ({ at, text: paint(io, "red", `  - ${whenText(at, now)}`) })),
    ...added.map((at) => ({ at, text: paint(io, "green", `  + ${whenText(at, now)}`) })),
  ].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  return lines.map(({ text }) => `${text}\n`).join("");
}
