import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pinnedChart, ratesChart } from "./chart.ts";
import type { Result } from "./scenario.ts";
import { tablesOf } from "./table.ts";

const page = "docs/performance.md";
const opening = "<!-- written by `npm run bench -- table` -->";
const closing = "<!-- up to here -->";
const order = ["engine", "limit", "http", "worker", "lag", "herd", "size", "pinned", "peers", "api"];

/**
 * Writes the results of a folder between the markers of docs/performance.md, with charts beside it.
 *
 * @returns the files written
 */
export function publish(folder: string, root: string): string[] {
  const results = readResults(folder);
  if (results.length === 0) throw new Error(`${folder} has no results: npm run bench -- engine`);
  const charts = [
    { file: "performance-rates.svg", svg: ratesChart(results), text: "Runs a second, Punctual and its peers on the same machine" },
    { file: "performance-pinned.svg", svg: pinnedChart(results), text: "Runs a second while another connection holds a snapshot open" },
  ];
  const drawn = charts.flatMap(({ file, svg, text }) => (svg === null ? [] : [{ file, svg, text }]));
  for (const { file, svg } of drawn) writeFileSync(join(root, "docs", file), svg);
  const pictures = drawn.map(({ file, text }) => `![${text}](${file})`);
  const path = join(root, page);
  writeFileSync(path, insertBetween(readFileSync(path, "utf8"), [tablesOf(results), ...pictures].join("\n\n")));
  return [page, ...drawn.map(({ file }) => `docs/${file}`)];
}

/** Replaces what stands between the markers. */
export function insertBetween(text: string, content: string): string {
  const from = text.indexOf(opening);
  const to = text.indexOf(closing);
  if (from < 0 || to < from) throw new Error(`${page} has no place for the table: ${opening} ... ${closing}`);
  return `${text.slice(0, from + opening.length)}\n\n${content}\n\n${text.slice(to)}`;
}

export function readResults(folder: string): Result[] {
  const results = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Result);
  const place = ({ scenario }: Result): number => order.indexOf(scenario);
  return results
    .filter((result) => place(result) >= 0)
    .sort((a, b) => place(a) - place(b) || Number(a["nodes"] ?? 1) - Number(b["nodes"] ?? 1));
}
