import { setTimeout as delay } from "node:timers/promises";
import { type Fleet, fillJobs } from "./jobs.ts";
import { figuresOf, round, startMeter, type Usage } from "./meter.ts";
import { type NodeOptions, type Nodes, startNodes } from "./nodes.ts";
import { type Outcome, readOutcome } from "./outcome.ts";
import type { Context, Figures } from "./scenario.ts";
import type { Stage } from "./stage.ts";
import { readStorage } from "./storage.ts";

export type Load = {
  fleet: Omit<Fleet, "tenantId" | "leadMs">;
  /** Instead of filling the fleet: nothing is due sooner than so many ms after the end. @returns from when on */
  fill?: (leadMs: number) => Promise<number>;
  nodes: NodeOptions;
  seconds: number;
  /** Processes that do a part of the nodes' work, whose CPU counts as theirs. */
  helpers?: readonly number[];
  /** Called when the nodes run and nothing is due yet, for at most this long. */
  before?: { seconds: number; run: (nodes: Nodes) => Promise<void> };
};

/** What was carried, and the figures that every such scenario tells. */
export type Carried = { usage: Usage; outcome: Outcome; figures: Figures };

/** Between the end of filling and the first occurrence, for the nodes to start. */
const leadMs = 5_000;

/** Fills the jobs, starts nodes, warms up, measures, stops the nodes, and asks the history. */
export async function carry(
  context: Context,
  stage: Stage,
  { fleet, fill, nodes: wanted, seconds, helpers = [], before }: Load,
): Promise<Carried> {
  const { options, signal, say } = context;
  const quietMs = leadMs + 1_000 * (before?.seconds ?? 0);
  const firstMs = (await fill?.(quietMs)) ?? (await fillJobs(stage.db, { ...fleet, tenantId: stage.tenantId, leadMs: quietMs }, say));
  const nodes = await startNodes(stage, context, wanted);
  await before?.run(nodes);
  await delay(Math.max(0, firstMs - Date.now()) + options.warmupSeconds * 1_000, undefined, { signal });
  const usage = await watch(context, stage, [...nodes.pids, ...helpers], seconds);
  await nodes.stop();
  return carriedOf(stage, usage, { offeredPerSecond: round(fleet.jobs / (fleet.everyMs / 1_000)), nodes: wanted.count });
}

/** Measures for so long. */
export async function watch({ signal, say }: Context, stage: Stage, pids: readonly number[], seconds: number): Promise<Usage> {
  say(`measuring ${seconds} s`);
  const stop = await startMeter(stage, pids);
  await delay(seconds * 1_000, undefined, { signal });
  return stop();
}

/** Asks the history; for after the nodes have stopped. */
export async function carriedOf(stage: Stage, usage: Usage, more: object): Promise<Carried> {
  const outcome = await readOutcome(stage.db, usage.fromMs, usage.toMs);
  const { runs, lagMs, attempts, others, perSecond } = outcome;
  const moves = usage.writes["cursors"]?.updated ?? 0;
  const { cpuSeconds } = usage;
  const figures = {
    runsPerSecond: Math.round(runs / usage.seconds),
    lagMs,
    ...figuresOf(usage, runs),
    /** All processes together, in cores. */
    coresUsed: cpuSeconds === null || cpuSeconds.database === null ? null : round((cpuSeconds.node + cpuSeconds.database) / usage.seconds),
    /** Occurrences fired by one move of a cursor: above one for jobs that are behind. */
    runsPerMove: moves === 0 ? null : round(runs / moves),
    ...{ attempts, others, perSecond, postgres: stage.postgres },
    storage: await readStorage(stage.db),
    ...more,
  };
  return { usage, outcome, figures };
}

/** Removes all jobs and runs, for the next step. */
export async function clear(stage: Pick<Stage, "db">): Promise<void> {
  await stage.db.query("truncate punctual.jobs, punctual.job_names, punctual.queues");
  await clearRuns(stage);
}

/** Leaves the jobs as if they had never been due. */
export async function clearRuns({ db }: Pick<Stage, "db">): Promise<void> {
  await db.query("truncate punctual.cursors, punctual.live_runs, punctual.finished_runs, punctual.attempts");
}
