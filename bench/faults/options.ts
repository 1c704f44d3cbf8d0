import { parseArgs } from "node:util";

export type Options = {
  /** A scenario's name, `all`, or `list`. */
  scenario: string;
  /** Null for the scenario's own. */
  seconds: number | null;
  out: string;
  json: boolean;
} & Given;

/** What some scenarios can be given; null for their own. */
export type Given = {
  /** How many jobs fall due at once. */
  size: number | null;
  /** How many tenants they belong to. */
  tenants: number | null;
  /** A folder on a small file system, to be filled. */
  disk: string | null;
};

export const usage = `Usage: npm run faults -- SCENARIO|all|list [--seconds N] [--size N] [--tenants N] [--disk FOLDER] [--out FOLDER] [--json]

  list             the scenarios, and what each does
  all              one after the other, without failover, which needs Patroni
  --seconds N      how long faults are injected (5 to 86400; default: the scenario's own)
  --size N         how many jobs fall due at once, for the scenario herd (1000 to 1000000; default 20000)
  --tenants N      how many tenants they belong to (1 to 1000; default 100)
  --disk FOLDER    for the scenario full-disk, a folder of a small file system, for users who may not mount one
  --out FOLDER     where the pictures go (default .faults)
  --json           print one JSON document instead of a report; an array for all

Exit code 0 only when every verdict is ok, 1 when one is not, 2 for wrong usage.`;

/** @throws Error with a sentence for people */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seconds: { type: "string" },
      size: { type: "string" },
      tenants: { type: "string" },
      disk: { type: "string" },
      out: { type: "string", default: ".faults" },
      json: { type: "boolean", default: false },
    },
  });
  const [scenario, ...more] = positionals;
  if (scenario === undefined || more.length > 0) throw new Error("Name one scenario.");
  const number = (name: "seconds" | "size" | "tenants", least: number, most: number): number | null => {
    const text = values[name];
    if (text === undefined) return null;
    const value = Number(text);
    if (!(value >= least && value <= most)) throw new Error(`--${name} ${text} is out of its range.`);
    return value;
  };
  const given = { size: number("size", 1_000, 1_000_000), tenants: number("tenants", 1, 1_000), disk: values.disk ?? null };
  return { scenario, seconds: number("seconds", 5, 86_400), out: values.out, json: values.json, ...given };
}
