import { readFile } from "node:fs/promises";
import { type StormResult, simulateStorm, storm } from "../../packages/server/test/model/storm.ts";

const page = "docs/concepts/storms.md";
const chart = "docs/concepts/storms.svg";
const opening = "| what the target got";

/** The chart of a storm and the table beside it, both of the same simulation; the rest of the page is written by people. */
export async function generate(): Promise<{ path: string; content: string }[]> {
  const [without, withBreaker] = [simulateStorm(false), simulateStorm(true)];
  const text = await readFile(new URL(`../../${page}`, import.meta.url), "utf8");
  const from = text.indexOf(opening);
  const to = text.indexOf("\n\n", from);
  if (from < 0 || to < 0) throw new Error(`${page} has no table to write into`);
  return [
    { path: page, content: text.slice(0, from) + table(without, withBreaker) + text.slice(to) },
    { path: chart, content: svg(without, withBreaker) },
  ];
}

function table(without: StormResult, withBreaker: StormResult): string {
  const count = (value: number): string => value.toLocaleString("en-US");
  const peak = ({ requests }: StormResult): string => `${count(Math.max(...requests.slice(storm.downFromS, storm.upFromS)))} a second`;
  const rows = [
    ["requests while it was down", count(without.wasted), count(withBreaker.wasted)],
    ["the most in one second of that time", peak(without), peak(withBreaker)],
    ["attempts in all, of 50,000 runs", count(without.attempts), count(withBreaker.attempts)],
    ["dead runs", count(without.dead), count(withBreaker.dead)],
    ["the last run caught up, after the end", `${without.caughtUpS - storm.upFromS} s`, `${withBreaker.caughtUpS - storm.upFromS} s`],
  ];
  const cells = [["what the target got", "retries alone", "with breaker and budget"], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  const line = (row: string[]): string => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(cells[0] ?? []), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rows.map(line)].join("\n");
}

const box = { left: 60, top: 40, width: 800, height: 300 };
const shownS = 780;
const mostPerSecond = 3_000;

const x = (second: number): number => Math.round((box.left + (box.width * second) / shownS) * 10) / 10;
/** Logarithmic, with a place for none. */
const y = (requests: number): number =>
  Math.round((box.top + box.height * (1 - Math.log10(requests + 1) / Math.log10(mostPerSecond + 1))) * 10) / 10;

function svg(without: StormResult, withBreaker: StormResult): string {
  const line = ({ requests }: StormResult, colour: string): string => {
    const points = requests.slice(0, shownS).map((each, second) => `${x(second)},${y(each)}`);
    return `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${points.join(" ")}"/>`;
  };
  const rules = [0, 1, 10, 100, 1_000].map(
    (each) =>
      `<line x1="${box.left}" x2="${box.left + box.width}" y1="${y(each)}" y2="${y(each)}" stroke="#ddd"/>` +
      `<text x="${box.left - 8}" y="${y(each) + 4}" text-anchor="end">${each}</text>`,
  );
  const minutes = Array.from({ length: shownS / 60 + 1 }, (_, minute) => minute).map(
    (minute) => `<text x="${x(minute * 60)}" y="${box.top + box.height + 20}" text-anchor="middle">${minute}</text>`,
  );
  const down = `<rect x="${x(storm.downFromS)}" y="${box.top}" width="${x(storm.upFromS) - x(storm.downFromS)}" height="${box.height}" fill="#f3e3e3"/>`;
  const legend = (at: number, colour: string, text: string): string =>
    `<line x1="${at}" x2="${at + 24}" y1="20" y2="20" stroke="${colour}" stroke-width="3"/><text x="${at + 30}" y="24">${text}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 880 390" font-family="sans-serif" font-size="12" fill="#333">
<title>Requests a second to a target that is down from minute 1 to minute 6, with retries alone and with a breaker</title>
<rect width="880" height="390" fill="#fff"/>
${down}
<text x="${x((storm.downFromS + storm.upFromS) / 2)}" y="${box.top + 16}" text-anchor="middle">the target is down</text>
${rules.join("\n")}
${minutes.join("\n")}
<text x="${box.left + box.width / 2}" y="${box.top + box.height + 40}" text-anchor="middle">minutes</text>
${line(without, "#c0392b")}
${line(withBreaker, "#1f6fb2")}
${legend(box.left, "#c0392b", "requests a second, retries alone")}
${legend(box.left + 270, "#1f6fb2", "with breaker and retry budget")}
</svg>
`;
}
