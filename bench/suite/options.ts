import { parseArgs } from "node:util";
import type { Options, Scenario } from "./scenario.ts";

export const usage = `Usage: npm run bench -- SCENARIO [options]
       npm run bench -- list
       npm run bench -- table [--from FOLDER]          writes results into docs/performance.md
       npm run bench -- coefficients [--from FOLDER]   writes what \`punctual plan\` multiplies by

  --seconds N      how long is measured (default: the scenario's own)
  --warmup N       seconds before that (default 10)
  --json           print one JSON document instead of a few lines
  --out FOLDER     where the result is written as NAME.json (default bench/results)
  --nodes N        nodes on the database (default 1)
  --rate N         occurrences a second that fall due, where the scenario lets you choose
  --size N         only this one of the scenario's sizes
  --ready          engine: runs become ready and are claimed
  --folder FOLDER  api, size: keep the filled database here, and use it when it is there already
  --profile        a flame graph of the nodes, what the database waits for and its statements, which costs a few percent

PostgreSQL is started for each scenario, with the settings of \`npm start\`; DATABASE_URL names a server of your own, on which a database is made and dropped.`;

export type Call = { scenario: string; options: Options; json: boolean; out: string; from: string };

/** @throws Error with a sentence for people */
export function readCall(args: readonly string[]): Call {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seconds: { type: "string" },
      warmup: { type: "string", default: "10" },
      json: { type: "boolean", default: false },
      out: { type: "string", default: "bench/results" },
      from: { type: "string", default: "bench/results" },
      nodes: { type: "string", default: "1" },
      rate: { type: "string" },
      size: { type: "string" },
      ready: { type: "boolean", default: false },
      folder: { type: "string" },
      profile: { type: "boolean", default: false },
    },
  });
  const [scenario, ...rest] = positionals;
  if (scenario === undefined || rest.length > 0) throw new Error("Name one scenario.");
  const number = (name: "seconds" | "warmup" | "nodes" | "rate" | "size", least: number): number | null => {
    const text = values[name];
    if (text === undefined) return null;
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value) || value < least) throw new Error(`--${name} ${text} is out of its range.`);
    return value;
  };
  return {
    ...{ scenario, json: values.json, out: values.out, from: values.from },
    options: {
      seconds: number("seconds", 1),
      warmupSeconds: number("warmup", 0) ?? 0,
      nodes: number("nodes", 1) ?? 1,
      rate: number("rate", 1),
      size: number("size", 1),
      ready: values.ready,
      folder: values.folder ?? null,
      profile: values.profile,
    },
  };
}

/** Why a scenario cannot be run with these options, as a sentence for people; null when it can. */
export function refusalOf({ name, keepsFolder }: Scenario, { folder, size }: Options, databaseUrl: string | undefined): string | null {
  if (folder === null) return null;
  if (keepsFolder === undefined) return `${name} keeps no folder.`;
  if (databaseUrl !== undefined) return "--folder is for the PostgreSQL that is started here, and DATABASE_URL names another.";
  return keepsFolder === "named size" && size === null ? `A folder of ${name} holds one size: name it with --size.` : null;
}
