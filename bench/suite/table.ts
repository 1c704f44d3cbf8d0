import { markdownTable } from "./markdown.ts";
import type { Percentiles } from "./percentiles.ts";
import type { Figures, Result } from "./scenario.ts";

type Row = Figures & { step?: string };
type Column = { title: string; of: (row: Row) => string };

const number = (value: unknown): string => (typeof value === "number" ? value.toLocaleString("en-US", { maximumFractionDigits: 2 }) : "");
const times = (value: unknown): Percentiles | null =>
  typeof value === "object" && value !== null && "p99" in value ? (value as Percentiles) : null;
const lag = (which: keyof Percentiles, key = "lagMs"): Column => ({
  title: `${which === "max" ? "max" : which.replace("p999", "p99.9")} ms`,
  of: (row) => number(times(row[key])?.[which]),
});

const runColumns: readonly Column[] = [
  { title: "runs/s", of: (row) => number(row.runsPerSecond) },
  ...(["p50", "p99", "p999", "max"] as const).map((which) => lag(which)),
  { title: "cores", of: (row) => number(coresOf(row)) },
  { title: "MB a node", of: (row) => number(row.memoryMb?.node) },
  { title: "rows a run", of: (row) => number(row.rowsPerRun) },
  { title: "statements a run", of: (row) => number(row.statementsPerRun) },
  { title: "log bytes a run", of: (row) => number(row.walBytesPerRun) },
];
const requestColumns: readonly Column[] = [
  { title: "requests/s", of: (row) => number(row["requestsPerSecond"]) },
  { title: "jobs/s", of: (row) => number(row["jobsPerSecond"]) },
  ...(["p50", "p95", "p99", "max"] as const).map((which) => lag(which, "latencyMs")),
];
/** What a scenario tells besides, as a line below the table. */
const remarks: readonly { key: string; say: (value: unknown) => string }[] = [
  { key: "runsPerMove", say: (value) => `${number(value)} runs a move of the cursor` },
  { key: "lastStartSeconds", say: (value) => `the last one started after ${number(value)} s` },
  { key: "neighbourLagMs", say: (value) => `another tenant's job started at most ${number(times(value)?.max)} ms late` },
  { key: "filledPerSecond", say: (value) => `filled at ${number(value)}/s` },
  { key: "filledAndDonePerSecond", say: (value) => `filled and worked off, one after the other, at ${number(value)}/s` },
  { key: "runsPerCpuSecond", say: (value) => `${number(value)} runs a CPU second` },
  { key: "idleCpu", say: (value) => `nothing due: ${idle(value as Idle)}` },
  { key: "freePerSecond", say: (value) => `${number(value)}/s before the snapshot` },
  { key: "pinnedPerSecond", say: (value) => `${number(value)}/s while it was held` },
  { key: "pinnedLastMinutePerSecond", say: (value) => `${number(value)}/s in its last minute` },
  { key: "recoverySeconds", say: (value) => `back after ${number(value)} s` },
];

type Idle = { node: number; database: number | null };
const idle = ({ node, database }: Idle): string =>
  `${number(node * 100)} % of a core in the node${database === null ? "" : `, ${number(database * 100)} % in the database`}`;

/** The results as tables of a page: runs, then requests, then what else is to be said, and on what it was measured. */
export function tablesOf(results: readonly Result[]): string {
  const requests = results.filter(({ scenario }) => scenario === "api");
  const runs = results.filter(({ scenario }) => scenario !== "api");
  const parts = [
    ...(runs.length > 0 ? [table("scenario", runs, runColumns)] : []),
    ...(requests.length > 0 ? [table("request", requests, requestColumns)] : []),
    ...(runs.length > 0 ? [runs.flatMap(remarksOf).join("\n")] : []),
    ...(results[0] === undefined ? [] : [machineOf(results)]),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** Results and their steps, each under its name. */
export function rowsOf(result: Result): { name: string; row: Row }[] {
  const variant = [result["ready"] === true ? "--ready" : "", Number(result["nodes"] ?? 1) > 1 ? `--nodes ${String(result["nodes"])}` : ""];
  const name = [result.scenario, ...variant].filter(Boolean).join(" ");
  return result.steps === undefined ? [{ name, row: result }] : result.steps.map((row) => ({ name: `${name}: ${row.step}`, row }));
}

/** All processes together, in cores; null where it was not measured. */
export function coresOf({ cpuSeconds, seconds }: Figures): number | null {
  return cpuSeconds === null || cpuSeconds.database === null ? null : (cpuSeconds.node + cpuSeconds.database) / seconds;
}

function table(first: string, results: readonly Result[], columns: readonly Column[]): string {
  const lines = results.flatMap(rowsOf).map(({ name, row }) => [name, ...columns.map(({ of }) => of(row))]);
  return markdownTable([first, ...columns.map(({ title }) => title)], lines);
}

function remarksOf(result: Result): string[] {
  return rowsOf(result).flatMap(({ name, row }) => {
    const said = remarks.filter(({ key }) => row[key] !== undefined && row[key] !== null).map(({ key, say }) => say(row[key]));
    return said.length > 0 ? [`- ${name}: ${said.join("; ")}.`] : [];
  });
}

function machineOf(results: readonly Result[]): string {
  const { cores, cpu, memoryMb, node, postgres } = results[0]?.machine ?? ({} as Result["machine"]);
  const loads = results.map(({ machine }) => machine.loadBefore ?? 0);
  const days = [...new Set(results.map(({ at }) => at.slice(0, 10)))].sort();
  const busiest = Math.max(...loads);
  const busy = busiest > 0.5 ? ` Something else was at work: a load of up to ${busiest} before a scenario began, so these are rough.` : "";
  return `Measured ${days.join(", ")} on ${cores} cores (${cpu}), ${Math.round(memoryMb / 1024)} GB, PostgreSQL ${postgres} on the same cores, Node ${node}.${busy}`;
}
