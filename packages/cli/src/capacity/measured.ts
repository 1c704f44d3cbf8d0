import type { Coefficients } from "./coefficients.ts";

/** Written by `npm run bench -- coefficients`. All but the disk, which is an assumption, come from one measurement. */
export const measured: { origin: string; assumed: readonly (keyof Coefficients)[]; values: Coefficients } = {
  origin:
    "npm run bench -- lag, step '2,894/s, webhooks', 2026-11-21, 2 cores (Intel(R) Xeon(R) Processor), PostgreSQL 18.4, with other work beside it (a load of 1.42 before it began): rough",
  assumed: ["diskMbPerSecond"],
  values: {
    nodeCpuMsPerRun: 0.123,
    databaseCpuMsPerRun: 0.172,
    rowsPerRun: 4.09,
    logBytesPerRun: 1430,
    bytesPerRun: 374,
    bytesPerJob: 557,
    nodeMemoryMb: 344,
    diskMbPerSecond: 100,
  },
};
