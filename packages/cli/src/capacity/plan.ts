import type { Coefficients } from "./coefficients.ts";

/** What is to be carried, and on what. */
export type PlanQuestion = {
  jobs: number;
  runsPerDay: number;
  retentionDays: number;
  /** The busiest second beside the mean one. */
  peakFactor: number;
  /** The most occurrences that fall due at one instant; 0 when they are spread. */
  dueAtOnce: number;
  /** How soon the last of those is to start. */
  withinSeconds: number;
  /** How long a target takes to answer. */
  attemptSeconds: number;
  /** Payload and kept answer, in bytes a run. */
  bodyBytes: number;
  databaseCores: number;
  slotsPerNode: number;
};

export type Limit = { what: "nodes" | "slots" | "database" | "disk"; runsPerSecond: number; remedy: string };

export type CapacityPlan = {
  load: { meanPerSecond: number; peakPerSecond: number };
  nodes: { needed: number; recommended: number; memoryMbEach: number; cpuAtPeak: number };
  database: {
    coresAtPeak: number;
    coresNeeded: number;
    sizeGb: number;
    jobsGb: number;
    historyGb: number;
    growthGbPerDay: number;
    logMbPerSecondAtPeak: number;
    logGbPerDay: number;
    rowsPerSecondAtPeak: number;
  };
  /** How the most that fall due at one instant are worked off; null when none do. */
  herd: { runs: number; seconds: number; within: boolean } | null;
  /** What each part carries with the recommended nodes, the lowest first: that is what gives way first. */
  limits: Limit[];
  /** How many times the peak fits below the first limit. */
  headroom: number;
  costs: { what: string; share: number }[];
};

const secondsPerDay = 86_400;
const gigabyte = 1e9;
const megabyte = 1e6;
/** A part that is busier than this makes everything wait. */
const busiest = 0.7;

/** A pure model: loads are multiplied by measured coefficients; nothing is asked of any server. */
export function planCapacity(question: PlanQuestion, { values }: { values: Coefficients }): CapacityPlan {
  const { jobs, runsPerDay, retentionDays, attemptSeconds, slotsPerNode, databaseCores, dueAtOnce, withinSeconds } = question;
  const mean = runsPerDay / secondsPerDay;
  const peak = Math.max(mean * question.peakFactor, dueAtOnce / withinSeconds);
  const nodeCarries = (busiest * 1_000) / values.nodeCpuMsPerRun;
  const slotsCarry = attemptSeconds > 0 ? slotsPerNode / attemptSeconds : Number.POSITIVE_INFINITY;
  const needed = Math.max(1, Math.ceil(peak / Math.min(nodeCarries, slotsCarry)));
  // One may die, and the others carry the peak.
  const recommended = needed + 1;
  const bytesPerRun = values.bytesPerRun + question.bodyBytes;
  const logBytes = values.logBytesPerRun + question.bodyBytes;
  const jobsBytes = jobs * values.bytesPerJob;
  const dailyBytes = runsPerDay * bytesPerRun;
  const limits = limitsOf(question, { nodes: recommended * nodeCarries, slots: recommended * slotsCarry, databaseCores, logBytes, values });
  const first = limits[0]?.runsPerSecond ?? 0;
  return {
    load: { meanPerSecond: mean, peakPerSecond: peak },
    nodes: { needed, recommended, memoryMbEach: values.nodeMemoryMb, cpuAtPeak: (peak * values.nodeCpuMsPerRun) / 1_000 / recommended },
    database: {
      coresAtPeak: (peak * values.databaseCpuMsPerRun) / 1_000,
      coresNeeded: Math.max(1, Math.ceil((peak * values.databaseCpuMsPerRun) / 1_000 / busiest)),
      sizeGb: (jobsBytes + dailyBytes * retentionDays) / gigabyte,
      jobsGb: jobsBytes / gigabyte,
      historyGb: (dailyBytes * retentionDays) / gigabyte,
      growthGbPerDay: dailyBytes / gigabyte,
      logMbPerSecondAtPeak: (peak * logBytes) / megabyte,
      logGbPerDay: (runsPerDay * logBytes) / gigabyte,
      rowsPerSecondAtPeak: peak * values.rowsPerRun,
    },
    herd: dueAtOnce === 0 ? null : { runs: dueAtOnce, seconds: dueAtOnce / first, within: dueAtOnce / first <= withinSeconds },
    limits,
    headroom: first / peak,
    costs: costsOf(values, jobsBytes, dailyBytes * retentionDays),
  };
}

type Carries = { nodes: number; slots: number; databaseCores: number; logBytes: number; values: Coefficients };

function limitsOf(question: PlanQuestion, { nodes, slots, databaseCores, logBytes, values }: Carries): Limit[] {
  const database = (busiest * databaseCores * 1_000) / values.databaseCpuMsPerRun;
  const disk = (values.diskMbPerSecond * megabyte) / logBytes;
  const all: Limit[] = [
    { what: "nodes", runsPerSecond: nodes, remedy: "another node carries as much again" },
    {
      what: "slots",
      runsPerSecond: slots,
      remedy: `more --slots than ${question.slotsPerNode}, another node, or a target that answers sooner`,
    },
    {
      what: "database",
      runsPerSecond: database,
      remedy: "more cores for PostgreSQL; beyond the largest machine, cells of their own for groups of tenants",
    },
    { what: "disk", runsPerSecond: disk, remedy: "a faster disk for the write-ahead log, or smaller payloads and answers" },
  ];
  return all.filter(({ runsPerSecond }) => Number.isFinite(runsPerSecond)).sort((a, b) => a.runsPerSecond - b.runsPerSecond);
}

/** Of the CPU that a run takes, and of the disk that all of it takes. */
function costsOf(values: Coefficients, jobsBytes: number, historyBytes: number): CapacityPlan["costs"] {
  const cpu = values.nodeCpuMsPerRun + values.databaseCpuMsPerRun;
  const disk = jobsBytes + historyBytes;
  return [
    { what: "CPU of a run in PostgreSQL", share: values.databaseCpuMsPerRun / cpu },
    { what: "CPU of a run in the node", share: values.nodeCpuMsPerRun / cpu },
    { what: "disk for history", share: disk === 0 ? 0 : historyBytes / disk },
    { what: "disk for jobs", share: disk === 0 ? 0 : jobsBytes / disk },
  ];
}
