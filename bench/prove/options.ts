import { parseArgs } from "node:util";

export type Options = { minutes: number; nodes: number; killAfter: number; json: boolean; crontab: string | null };

export const usage = `Usage: npm run prove -- [--minutes 10] [--nodes 3] [--kill-after 0.5] [--crontab FILE] [--json]

  --minutes N      how long occurrences are watched (0.5 to 1440; default 10)
  --nodes N        how many nodes share the database (2 to 8; default 3)
  --kill-after N   when one of them is killed, as a share of the time (above 0, below 1; default 0.5)
  --crontab FILE   a crontab of your own instead of the Debian system's one beside the proof
  --json           print one JSON document instead of a report

Exit code 0 only when nothing was found, 1 when something was, 2 for wrong usage.`;

/** @throws Error with a sentence for people */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: "string", default: "10" },
      nodes: { type: "string", default: "3" },
      "kill-after": { type: "string", default: "0.5" },
      crontab: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const number = (name: "minutes" | "nodes" | "kill-after", isGood: (value: number) => boolean): number => {
    const value = Number(values[name]);
    if (values[name].trim() === "" || !isGood(value)) throw new Error(`--${name} ${values[name]} is out of its range.`);
    return value;
  };
  return {
    minutes: number("minutes", (value) => value >= 0.5 && value <= 1440),
    nodes: number("nodes", (value) => Number.isInteger(value) && value >= 2 && value <= 8),
    killAfter: number("kill-after", (value) => value > 0 && value < 1),
    json: values.json,
    crontab: values.crontab ?? null,
  };
}
