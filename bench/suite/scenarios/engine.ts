import { setTimeout as delay } from "node:timers/promises";
import { fillJobs } from "../jobs.ts";
import { figuresOf, round, startMeter } from "../meter.ts";
import { startNodes } from "../nodes.ts";
import { readOutcome } from "../outcome.ts";
import type { Scenario } from "../scenario.ts";
import { setUpStage } from "../stage.ts";

/** As many as a node's cache of definitions holds. */
const jobs = 90_000;
const defaultRate = 30_000;
const defaultSeconds = 60;
const slots = 10_000;
/** Between the end of filling and the first occurrence, for the nodes to start. */
const leadMs = 3_000;

/**
 * More due than can be carried, so that what ends each second is what the engine carries. Behind, it takes what a job has missed in one move of its cursor; how many
 * that were is told (`runsPerMove`), and a rate just above what it carries keeps it near one.
 */
export const engine: Scenario = {
  name: "engine",
  purpose:
    "recurring jobs with a target that does nothing: due, fired, held, settled, history and attempts kept (--ready, --nodes 2, --rate N)",
  async run(context) {
    const { options, signal, say } = context;
    const seconds = options.seconds ?? defaultSeconds;
    const rate = options.rate ?? defaultRate;
    const stage = await setUpStage(context);
    const fleet = { tenantId: stage.tenantId, jobs, everyMs: Math.max(1_000, Math.round((jobs / rate) * 1_000)), origins: 100 };
    // What the misfire policy alone lets run begins as ready, behind live work; and with a window of a millisecond that is every occurrence.
    const misfire = options.ready ? { misfire: { window: "1ms", policy: "all" } } : {};
    const definition = { target: { type: "http", url: "http://service-{origin}.invalid/" }, ...misfire };
    await fillJobs(stage.db, { ...fleet, definition, firstMs: Date.now() + leadMs });
    const nodes = await startNodes(stage, context, { count: options.nodes, noop: true, slots });
    await delay(leadMs + options.warmupSeconds * 1_000, undefined, { signal });
    say(`measuring ${seconds} s`);
    const stop = await startMeter(stage, nodes.pids);
    await delay(seconds * 1_000, undefined, { signal });
    const usage = await stop();
    await nodes.stop();
    const { runs, lagMs, perSecond, attempts, others } = await readOutcome(stage.db, usage.fromMs, usage.toMs);
    const moves = usage.writes["cursors"]?.updated ?? 0;
    return {
      runsPerSecond: Math.round(runs / usage.seconds),
      lagMs,
      ...figuresOf(usage, runs),
      offeredPerSecond: Math.round(jobs / (fleet.everyMs / 1_000)),
      runsPerMove: moves === 0 ? null : round(runs / moves),
      ...{ attempts, others, perSecond, nodes: options.nodes, ready: options.ready, postgres: stage.postgres },
    };
  },
};
