import type { Result } from "./scenario.ts";
import { rowsOf } from "./table.ts";

const colours = { own: "#1f6fb2", peer: "#999", line: "#1f6fb2", held: "#f3e3e3" };
const width = 880;
const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const count = (value: number): string => value.toLocaleString("en-US");

/** Runs a second of everything that was carried as fast as it could be, peers beside it; null when there is none. */
export function ratesChart(results: readonly Result[]): string | null {
  const bars = results
    .filter(({ scenario }) => ["engine", "limit", "http", "worker", "peers"].includes(scenario))
    .flatMap((result) =>
      rowsOf(result).map(({ name, row }) => ({ name, rate: row.runsPerSecond ?? 0, peer: result.scenario === "peers" })),
    );
  if (bars.length === 0) return null;
  const most = Math.max(...bars.map(({ rate }) => rate));
  const left = 200;
  const lines = bars.map(({ name, rate, peer }, index) => {
    const y = 50 + index * 28;
    const length = most === 0 ? 0 : Math.round((rate / most) * (width - left - 90));
    return (
      `<text x="${left - 10}" y="${y + 14}" text-anchor="end">${escape(name)}</text>` +
      `<rect x="${left}" y="${y}" width="${length}" height="20" fill="${peer ? colours.peer : colours.own}"/>` +
      `<text x="${left + length + 8}" y="${y + 14}">${count(rate)}</text>`
    );
  });
  return picture("Runs a second, Punctual and its peers on the same machine", 70 + bars.length * 28, lines);
}

/** Runs in each second before, while and after another connection held a snapshot; null without that scenario. */
export function pinnedChart(results: readonly Result[]): string | null {
  const result = results.find(({ scenario }) => scenario === "pinned");
  const rates = result?.["perSecond"] as number[] | undefined;
  const held = result?.["held"] as { fromSecond: number; toSecond: number } | undefined;
  if (rates === undefined || held === undefined || rates.length === 0) return null;
  const box = { left: 70, top: 50, width: 780, height: 280 };
  const most = Math.max(1, ...rates);
  const x = (second: number): number => Math.round(box.left + (box.width * second) / rates.length);
  const y = (rate: number): number => Math.round(box.top + box.height * (1 - rate / most));
  const rules = [0, 0.5, 1].map(
    (share) =>
      `<line x1="${box.left}" x2="${box.left + box.width}" y1="${y(most * share)}" y2="${y(most * share)}" stroke="#ddd"/>` +
      `<text x="${box.left - 8}" y="${y(most * share) + 4}" text-anchor="end">${count(Math.round(most * share))}</text>`,
  );
  const minutes = Array.from({ length: Math.floor(rates.length / 60) + 1 }, (_, minute) => minute).map(
    (minute) => `<text x="${x(minute * 60)}" y="${box.top + box.height + 20}" text-anchor="middle">${minute}</text>`,
  );
  return picture("Runs a second while another connection holds a snapshot open (shaded); minutes", box.top + box.height + 40, [
    `<rect x="${x(held.fromSecond)}" y="${box.top}" width="${x(held.toSecond) - x(held.fromSecond)}" height="${box.height}" fill="${colours.held}"/>`,
    ...rules,
    ...minutes,
    `<polyline fill="none" stroke="${colours.line}" stroke-width="1.5" points="${rates.map((rate, second) => `${x(second)},${y(rate)}`).join(" ")}"/>`,
  ]);
}

function picture(title: string, height: number, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#333">
<title>${escape(title)}</title>
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="20" y="28" font-size="14">${escape(title)}</text>
${parts.join("\n")}
</svg>
`;
}
