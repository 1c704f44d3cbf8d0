import type { CapacityPlan, Limit, PlanQuestion } from "../capacity/plan.ts";

/** Three digits tell more than the model knows. */
const number = (value: number): string => value.toLocaleString("en-US", { maximumSignificantDigits: 3 });
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const names: Readonly<Record<Limit["what"], string>> = {
  nodes: "CPU of the nodes",
  slots: "slots of the nodes",
  database: "CPU of PostgreSQL",
  disk: "the disk of the write-ahead log",
};

/** The plan in lines of a fixed order, without colours: it is pasted into tickets. */
export function planText(question: PlanQuestion, { load, nodes, database, herd, limits, headroom, costs }: CapacityPlan): string {
  const [first] = limits;
  const lines: (readonly [string, string] | null)[] = [
    ["load", `${number(load.meanPerSecond)} runs a second on average, ${number(load.peakPerSecond)} at the peak`],
    [
      "nodes",
      `${nodes.recommended} (${nodes.needed} carry the peak, one may die), ${number(nodes.cpuAtPeak)} cores and ${number(nodes.memoryMbEach)} MB each`,
    ],
    [
      "database CPU",
      `${number(database.coresAtPeak)} cores busy at the peak: ${database.coresNeeded} or more (${question.databaseCores} planned)`,
    ],
    [
      "database size",
      `${number(database.sizeGb)} GB: ${number(database.jobsGb)} GB of jobs, ${number(database.historyGb)} GB of history over ${number(question.retentionDays)} days`,
    ],
    ["growth", `${number(database.growthGbPerDay)} GB a day, until retention drops as much`],
    [
      "IO at the peak",
      `${number(database.rowsPerSecondAtPeak)} rows and ${number(database.logMbPerSecondAtPeak)} MB of write-ahead log a second (${number(database.logGbPerDay)} GB a day)`,
    ],
    herd === null
      ? null
      : [
          "at one instant",
          `${number(herd.runs)} occurrences start within ${number(herd.seconds)} s${herd.within ? "" : `: later than the ${number(question.withinSeconds)} s asked for`}`,
        ],
    ["headroom", `${number(headroom)} times the peak`],
    first === undefined
      ? null
      : ["gives way first", `${names[first.what]}, at ${number(first.runsPerSecond)} runs a second: ${first.remedy}`],
    [
      "then",
      limits
        .slice(1)
        .map(({ what, runsPerSecond }) => `${names[what]} at ${number(runsPerSecond)}`)
        .join(", "),
    ],
    ["what costs", costs.map(({ what, share }) => `${what} ${percent(share)}`).join(", ")],
  ];
  const shown = lines.filter((line) => line !== null);
  const width = Math.max(...shown.map(([name]) => name.length));
  const short = database.coresNeeded > question.databaseCores ? "\nThe planned database is too small for the peak.\n" : "";
  return `${shown.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join("\n")}\n${short}`;
}
