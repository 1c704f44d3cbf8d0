import type { Cleanup } from "../lib/cleanup.ts";
import type { Machine } from "./machine.ts";
import type { TableWrites } from "./meter.ts";
import type { Percentiles } from "./percentiles.ts";
import type { Profile } from "./profile/profile.ts";

export type Options = {
  /** How long is measured, after the warm-up; each scenario has its own default. */
  seconds: number | null;
  warmupSeconds: number;
  nodes: number;
  /** Occurrences a second that fall due. */
  rate: number | null;
  /** How many jobs, runs or occurrences, where a scenario has steps of several sizes: only this one. */
  size: number | null;
  /** Runs become ready and are claimed, instead of being born running. */
  ready: boolean;
  /** A database folder that is kept and used again. */
  folder: string | null;
  /** Whether it is told what the nodes' CPU and the database were at, which costs a few percent of what is measured. */
  profile: boolean;
};

/** What a scenario is given: its options, and what must be undone at the end. */
export type Context = {
  options: Options;
  /** Where node processes leave their CPU profiles; null without --profile. */
  profiles: string | null;
  cleanup: Cleanup;
  signal: AbortSignal;
  say: (line: string) => void;
};

/** CPU seconds of all processes of each kind; null where the machine does not tell. */
export type Cpu = { node: number; database: number | null };

/** What a scenario found. Every result has these keys; null where a scenario does not measure it. */
export type Figures = {
  runsPerSecond: number | null;
  lagMs: Percentiles | null;
  cpuSeconds: Cpu | null;
  /** Most of each node process; the database's private memory and its shared buffers at the end. */
  memoryMb: { node: number; database: number | null } | null;
  /** Transactions committed, each of one statement but for the few that say begin. */
  statementsPerRun: number | null;
  /** Rows inserted, updated and deleted. */
  rowsPerRun: number | null;
  walBytesPerRun: number | null;
  /** How long was measured. */
  seconds: number;
  writesPerRun?: TableWrites;
  profile?: Profile;
  postgres: string;
  [more: string]: unknown;
};

/** Of a scenario with several steps the figures are those of the last; all are in `steps`. */
export type Result = Figures & { scenario: string; at: string; machine: Machine; steps?: (Figures & { step: string })[] };

export type Scenario = {
  name: string;
  /** One sentence for `npm run bench -- list`. */
  purpose: string;
  /** Takes `--folder`, which holds one size: that of `--size`, and without it the default when there is one. */
  keepsFolder?: "default size" | "named size";
  run(context: Context): Promise<Figures & Pick<Result, "steps">>;
};
