import type { Io } from "../io.ts";
import { paint } from "./paint.ts";
import { whenText } from "./when.ts";

/** What an edit does to the next occurrences of a job. */
export type ScheduleChange = { kept: string[]; lost: string[]; added: string[] };

/** The occurrences before and after an edit in one list, in order: `-` is lost, `+` is added. */
export function scheduleChangeText(io: Pick<Io, "nowMs" | "colour">, { kept, lost, added }: ScheduleChange): string {
  const now = io.nowMs();
  const lines = [
    ...kept.map((at) => ({ at, text: `    ${whenText(at, now)}` })),
    ...lost.map((at) => ({ at, text: paint(io, "red", `  - ${whenText(at, now)}`) })),
    ...added.map((at) => ({ at, text: paint(io, "green", `  + ${whenText(at, now)}`) })),
  ].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  const summary = `Of the next ${lines.length} occurrences ${kept.length} would stay, ${lost.length} be lost and ${added.length} added. Nothing was changed.\n`;
  return `${lines.map(({ text }) => `${text}\n`).join("")}${summary}`;
}
