import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { insertBetween } from "../page.ts";
import type { Result } from "../scenario.ts";
import { profileTables } from "./profile-table.ts";

/** Results with a profile are files of their own: `engine.profile.json`, and `engine.profile.svg` beside it. */
export const profileSuffix = ".profile";

const page = "docs/performance.md";
export const profilesOpening = "<!-- profiles, written by `npm run bench -- table` -->";

/**
 * Writes the profiles of a folder between their markers of docs/performance.md, flame graphs beside it; nothing without profiles.
 *
 * @returns the files written
 */
export function publishProfiles(folder: string, root: string): string[] {
  const ending = `${profileSuffix}.json`;
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length))
    .sort();
  const written: string[] = [];
  const sections = names.flatMap((name) => {
    const result = JSON.parse(readFileSync(join(folder, `${name}${ending}`), "utf8")) as Result;
    const { profile, runsPerSecond, seconds } = result;
    if (profile === undefined) return [];
    const flames = join(folder, `${name}${profileSuffix}.svg`);
    const picture = `performance-flame-${name}.svg`;
    const hasFlames = existsSync(flames);
    if (hasFlames) {
      copyFileSync(flames, join(root, "docs", picture));
      written.push(`docs/${picture}`);
    }
    const said = headOf(name, result);
    const tables = profileTables(profile, (runsPerSecond ?? 0) * seconds);
    return [[said, ...(hasFlames ? [`![Flame graph of the nodes: ${name}](${picture})`] : []), tables].join("\n\n")];
  });
  if (sections.length === 0) return [];
  const path = join(root, page);
  writeFileSync(path, insertBetween(readFileSync(path, "utf8"), profilesOpening, sections.join("\n\n")));
  return [page, ...written];
}

function headOf(name: string, { at, machine, runsPerSecond, cpuSeconds, seconds, walBytesPerRun, steps }: Result): string {
  const count = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: 2 });
  const step = steps?.at(-1)?.step;
  const facts = [
    ...(runsPerSecond === null ? [] : [`${count(runsPerSecond)} runs a second`]),
    ...(cpuSeconds === null ? [] : [`${count(cpuSeconds.node / seconds)} cores in nodes`]),
    ...(cpuSeconds === null || cpuSeconds.database === null ? [] : [`${count(cpuSeconds.database / seconds)} in the database`]),
    ...(walBytesPerRun === null ? [] : [`${count(walBytesPerRun)} bytes of log a run`]),
    `${at.slice(0, 10)}, Node ${machine.node}, PostgreSQL ${machine.postgres}, a load of ${machine.loadBefore ?? "?"} before it began`,
  ];
  return `### ${name}${step === undefined ? "" : `, ${step}`}\n\nWith the profiler on: ${facts.join("; ")}.`;
}
