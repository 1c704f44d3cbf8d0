import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pinnedChart, ratesChart } from "./chart.ts";
import { insertBetween } from "./page.ts";
import { profileSuffix } from "./profile/publish-profiles.ts";
import type { Result } from "./scenario.ts";
import { tablesOf } from "./table.ts";

const page = "docs/performance.md";
const opening = "<!-- written by `npm run bench -- table` -->";
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
  writeFileSync(path, insertBetween(readFileSync(path, "utf8"), opening, [tablesOf(results), ...pictures].join("\n\n")));
  return [page, ...drawn.map(({ file }) => `docs/${file}`)];
}

export function readResults(folder: string): Result[] {
  const results = readdirSync(folder)
    .filter((name) => name.endsWith(".json") && !name.endsWith(`${profileSuffix}.json`))
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Result);
  const place = ({ scenario }: Result): number => order.indexOf(scenario);
  return results
    .filter((result) => place(result) >= 0)
    .sort((a, b) => place(a) - place(b) || Number(a["nodes"] ?? 1) - Number(b["nodes"] ?? 1));
}
