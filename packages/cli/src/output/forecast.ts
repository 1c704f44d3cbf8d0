import type { Forecast } from "@punctual/contract";
import { lengthText } from "./when.ts";

/** More lines than this do not fit a screen. */
const mostRows = 32;
const barChars = 40;

/** A forecast as bars, several buckets a line where there are many: when, how many start, and how many in the fullest bucket of the line. */
export function forecastText({ from, bucketSeconds, counts, total, busiest, jobs, isComplete }: Forecast): string {
  const perRow = Math.ceil(counts.length / mostRows);
  const rows = Array.from({ length: Math.ceil(counts.length / perRow) }, (_, index) => {
    const part = counts.slice(index * perRow, (index + 1) * perRow);
    const atMs = Date.parse(from) + index * perRow * bucketSeconds * 1_000;
    return { at: minuteText(atMs), sum: part.reduce((sum, count) => sum + count, 0), most: Math.max(...part) };
  });
  const fullest = Math.max(...rows.map(({ sum }) => sum), 1);
  const bucket = lengthText(bucketSeconds * 1_000);
  const lines = rows.map(({ at, sum, most }) => {
    const bar = "█".repeat(Math.ceil((sum / fullest) * barChars)).padEnd(barChars);
    return `${at}  ${bar}  ${String(sum).padStart(7)}${perRow > 1 ? `  ${most} in ${bucket}` : ""}`;
  });
  const peak = busiest === null ? "" : `, ${busiest.count} in the busiest ${bucket}, at ${minuteText(Date.parse(busiest.at))}`;
  const rest = isComplete ? "" : "There was more to count than one request may: take it for the least there will be.\n";
  return `${lines.join("\n")}\n${total} occurrences of ${jobs} active jobs${peak}.\n${rest}`;
}

/** `2027-03-01 09:00Z`, with its seconds only where there are some. */
function minuteText(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19).replace("T", " ").replace(/:00$/, "")}Z`;
}
