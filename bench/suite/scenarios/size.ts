import { setTimeout as delay } from "node:timers/promises";
import { stocked } from "../../lib/stock.ts";
import { carry, clear, clearRuns, watch } from "../carry.ts";
import { type Fleet, placeCursors, quietJob, writeJobs } from "../jobs.ts";
import { round } from "../meter.ts";
import type { Context, Figures, Scenario } from "../scenario.ts";
import { ownServerSettings, type Stage, setUpStage } from "../stage.ts";

const sizes: readonly number[] = [10_000, 1_000_000, 10_000_000];
/** The most that ten thousand jobs can owe with room to spare, as no interval is shorter than a second. */
const defaultRate = 8_000;
const defaultSeconds = 60;
const idleSeconds = 20;
/** Nodes look every 5 s whether there is something to vacuum: not seen for longer, it is through with what filling left behind, and the node has long started. */
const [cleanForMs, cleanMostSeconds] = [7_000, 30];
const slots = 10_000;

/**
 * The same load on ever more jobs: `runsPerCpuSecond` says what a run costs, `idleCpu` what it costs to have nothing due. With ten million jobs nearly every run is of a job
 * that the node has not seen lately.
 */
export const size: Scenario = {
  name: "size",
  purpose: "10 thousand, 1 million and 10 million jobs stored: throughput, lag, memory, and CPU with nothing due (--size N, --rate N)",
  keepsFolder: "named size",
  async run(context) {
    const { size: only } = context.options;
    const stage = await setUpStage(context, ownServerSettings);
    const steps: (Figures & { step: string })[] = [];
    for (const jobs of only === null ? sizes : [only]) steps.push(await measure(context, stage, jobs));
    const last = steps.at(-1);
    if (last === undefined) throw new Error("no size was measured");
    const { step: _step, ...figures } = last;
    return { ...figures, steps };
  },
};

async function measure(context: Context, stage: Stage, jobs: number): Promise<Figures & { step: string }> {
  const { rate, nodes, seconds } = context.options;
  const fleet = { jobs, everyMs: Math.max(1_000, Math.round((jobs / (rate ?? defaultRate)) * 1_000)), definition: quietJob, origins: 100 };
  let idleCpu: { node: number; database: number | null } | null = null;
  const { figures } = await carry(context, stage, {
    fleet,
    fill: (leadMs) => fill(context, stage, fleet, leadMs),
    nodes: { count: nodes, noop: true, slots },
    seconds: seconds ?? defaultSeconds,
    before: {
      seconds: cleanMostSeconds + idleSeconds + 2,
      run: async ({ pids }) => {
        await untilClean(context, stage);
        const { cpuSeconds, seconds: measured } = await watch(context, stage, pids, idleSeconds);
        const share = (used: number): number => Math.round((used / measured) * 1_000) / 1_000;
        if (cpuSeconds)
          idleCpu = { node: share(cpuSeconds.node), database: cpuSeconds.database === null ? null : share(cpuSeconds.database) };
      },
    },
  });
  const { cpuSeconds, runsPerSecond, seconds: measured } = figures;
  const used = cpuSeconds === null || cpuSeconds.database === null ? null : cpuSeconds.node + cpuSeconds.database;
  const runsPerCpuSecond = used === null || runsPerSecond === null ? null : Math.round((runsPerSecond * measured) / used);
  return { step: `${jobs.toLocaleString("en-US")} jobs`, ...figures, jobs, idleCpu, runsPerCpuSecond };
}

/** Waits until the database has cleaned up after the filling, which is no part of having nothing to do. */
async function untilClean({ signal, say }: Context, { db }: Stage): Promise<void> {
  const endMs = performance.now() + cleanMostSeconds * 1_000;
  let cleanSinceMs = performance.now();
  while (performance.now() < cleanSinceMs + cleanForMs) {
    if (performance.now() > endMs) return say("the database still cleans up after the filling: idleCpu is too high");
    await delay(500, undefined, { signal });
    const { rowCount } = await db.query(
      "select from pg_stat_activity where backend_type = 'autovacuum worker' or state = 'active' and query like 'vacuum%' limit 1",
    );
    if (rowCount !== 0) cleanSinceMs = performance.now();
  }
}

/** The jobs of a folder that is kept stay as they are: no run changes them. */
async function fill(
  { options, say }: Context,
  stage: Stage,
  fleet: Pick<Fleet, "jobs" | "everyMs" | "definition" | "origins">,
  leadMs: number,
): Promise<number> {
  const { db, tenantId } = stage;
  const { jobs, everyMs } = fleet;
  const written = await stocked(options.folder, { kind: "size", part: "jobs", amount: jobs }, async () => {
    await clear(stage);
    return writeJobs(db, { ...fleet, tenantId }, say);
  });
  if (written.everyMs !== everyMs)
    throw new Error(`${options.folder} holds jobs of ${round((jobs / written.everyMs) * 1_000)} occurrences a second: ask for that --rate`);
  await clearRuns(stage);
  return placeCursors(db, written, { leadMs });
}
