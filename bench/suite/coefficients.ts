import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Coefficients } from "../../packages/cli/src/capacity/coefficients.ts";
import { readResults } from "./publish.ts";
import type { Figures, Result } from "./scenario.ts";
import type { Storage } from "./storage.ts";

const path = "packages/cli/src/capacity/measured.ts";
/** A plain cloud volume; what is bought decides it, so that it is not measured. */
const diskMbPerSecond = 100;

/** Writes what `punctual plan` multiplies by, from the scenario `lag` of a folder: its last step, steady webhooks. @returns the file written */
export function writeCoefficients(folder: string, root: string): string {
  const lag = readResults(folder).find(({ scenario }) => scenario === "lag");
  const step = lag?.steps?.findLast((each) => each["webhooks"] === true);
  if (lag === undefined || step === undefined) throw new Error(`${folder} has no result of the scenario lag: npm run bench -- lag`);
  writeFileSync(join(root, path), fileOf(coefficientsOf(step), originOf(lag, step.step)));
  return path;
}

/** @throws Error for a step in which something was not measured */
export function coefficientsOf(figures: Figures): Coefficients {
  const { cpuSeconds, runsPerSecond, seconds, rowsPerRun, walBytesPerRun, memoryMb } = figures;
  const { bytesPerJob, bytesPerRun } = figures["storage"] as Storage;
  const runs = (runsPerSecond ?? 0) * seconds;
  if (cpuSeconds === null || cpuSeconds.database === null || memoryMb === null || runs === 0)
    throw new Error("CPU or memory was not measured");
  if (bytesPerJob === null || bytesPerRun === null || rowsPerRun === null || walBytesPerRun === null) throw new Error("nothing was stored");
  const digits = (value: number): number => Number(value.toPrecision(3));
  return {
    nodeCpuMsPerRun: digits((cpuSeconds.node * 1_000) / runs),
    databaseCpuMsPerRun: digits((cpuSeconds.database * 1_000) / runs),
    rowsPerRun: digits(rowsPerRun),
    logBytesPerRun: digits(walBytesPerRun),
    bytesPerRun: digits(bytesPerRun),
    bytesPerJob: digits(bytesPerJob),
    nodeMemoryMb: digits(memoryMb.node),
    diskMbPerSecond,
  };
}

function originOf({ at, machine }: Result, step: string): string {
  const busy =
    (machine.loadBefore ?? 0) > 0.5 ? `, with other work beside it (a load of ${machine.loadBefore} before it began): rough` : "";
  return `npm run bench -- lag, step "${step}", ${at.slice(0, 10)}, ${machine.cores} cores (${machine.cpu}), PostgreSQL ${machine.postgres}${busy}`;
}

function fileOf(values: Coefficients, origin: string): string {
  const lines = Object.entries(values).map(([name, value]) => `    ${name}: ${value},`);
  return `import type { Coefficients } from "./coefficients.ts";

/** Written by \`npm run bench -- coefficients\`. All but the disk, which is an assumption, come from one measurement. */
export const measured: { origin: string; assumed: readonly (keyof Coefficients)[]; values: Coefficients } = {
  origin:
    ${JSON.stringify(origin).replaceAll('\\"', "'")},
  assumed: ["diskMbPerSecond"],
  values: {
${lines.join("\n")}
  },
};
`;
}
