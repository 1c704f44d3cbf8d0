import { setTimeout as delay } from "node:timers/promises";
import { bootstrapTenant } from "../../../packages/server/src/store/tenants.ts";
import { clear } from "../carry.ts";
import { fillJobs, quietJob } from "../jobs.ts";
import { figuresOf, startMeter } from "../meter.ts";
import { startNodes } from "../nodes.ts";
import { readLag, readOutcome } from "../outcome.ts";
import type { Context, Figures, Scenario } from "../scenario.ts";
import { type Stage, setUpStage } from "../stage.ts";

const sizes: readonly number[] = [100_000, 1_000_000];
const everyMs = 24 * 3_600_000;
const slots = 10_000;
const leadMs = 8_000;
const pollMs = 500;
/** A herd that is not through by then never will be. */
const patienceMs = 900_000;

export const herd: Scenario = {
  name: "herd",
  purpose:
    "100,000 and 1 million occurrences at one instant: when the last one starts, and what another tenant's job feels (--size N, --nodes N)",
  async run(context) {
    const { size } = context.options;
    const stage = await setUpStage(context);
    const steps: (Figures & { step: string })[] = [];
    for (const jobs of size === null ? sizes : [size]) steps.push(await meet(context, stage, jobs));
    const last = steps.at(-1);
    if (last === undefined) throw new Error("no herd was measured");
    const { step: _step, ...figures } = last;
    return { ...figures, steps };
  },
};

async function meet(context: Context, stage: Stage, jobs: number): Promise<Figures & { step: string }> {
  const { db } = stage;
  await clear(stage);
  const { tenantId: neighbour } = await bootstrapTenant(db, `neighbour ${jobs}`);
  const shared = { definition: quietJob, leadMs };
  const instantMs = await fillJobs(db, { ...shared, tenantId: stage.tenantId, jobs, everyMs, origins: 100, together: true }, context.say);
  // Its anchor is the moment it is made at: a time that is not the herd's.
  await fillJobs(db, { ...shared, tenantId: neighbour, jobs: 1, everyMs: 1_000, origins: 1, leadMs: 0 });
  const nodes = await startNodes(stage, context, { count: context.options.nodes, noop: true, slots });
  await delay(instantMs - 1_000 - Date.now(), undefined, { signal: context.signal });
  const stop = await startMeter(stage, nodes.pids);
  await untilEnded(context, stage, jobs);
  const usage = await stop();
  await nodes.stop();
  const { lagMs, perSecond, others, runs } = await readOutcome(db, usage.fromMs, usage.toMs, stage.tenantId);
  const lastStartSeconds = (lagMs?.max ?? 0) / 1_000;
  return {
    step: `${jobs.toLocaleString("en-US")} at once`,
    runsPerSecond: lagMs === null ? null : Math.round(jobs / lastStartSeconds),
    lagMs,
    ...figuresOf(usage, runs),
    lastStartSeconds,
    neighbourLagMs: await readLag(db, usage.fromMs, usage.toMs, neighbour),
    ...{ jobs, others, perSecond, nodes: context.options.nodes, postgres: stage.postgres },
  };
}

/** Asks what PostgreSQL counts anyway: to count runs would disturb them. */
async function untilEnded({ signal }: Context, { db }: Stage, runs: number): Promise<void> {
  const ended = async (): Promise<number> => {
    const { rows } = await db.query<{ runs: number }>(
      "select sum(n_tup_ins)::float8 as runs from pg_stat_user_tables where schemaname = 'punctual' and relname like 'finished_runs%'",
    );
    return rows[0]?.runs ?? 0;
  };
  const before = await ended();
  const deadlineMs = performance.now() + patienceMs;
  while ((await ended()) - before < runs) {
    if (performance.now() > deadlineMs) throw new Error(`of ${runs} runs some have not ended after ${patienceMs / 1_000} s`);
    await delay(pollMs, undefined, { signal });
  }
  // Sessions report what they wrote up to a second later: some of these may be the neighbour's runs.
  await delay(2_000, undefined, { signal });
}
