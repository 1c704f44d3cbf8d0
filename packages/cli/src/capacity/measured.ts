import type { Coefficients } from "./coefficients.ts";

/** Written by `npm run bench -- coefficients`. All but the disk, which is an assumption, come from one measurement. */
export const measured: { origin: string; assumed: readonly (keyof Coefficients)[]; values: Coefficients } = {
  origin:
    "npm run bench -- lag, step '500/s, webhooks', 2026-11-21, 2 cores (Intel(R) Xeon(R) Processor), PostgreSQL 18.4, with other work beside it (a load of 18.51 before it began): rough",
  assumed: ["diskMbPerSecond"],
  values: {
    nodeCpuMsPerRun: 0.35,
    databaseCpuMsPerRun: 0.278,
    rowsPerRun: 4.07,
    logBytesPerRun: 1420,
    bytesPerRun: 386,
    bytesPerJob: 601,
    nodeMemoryMb: 331,
    diskMbPerSecond: 100,
  },
};
