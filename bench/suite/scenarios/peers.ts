import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Child, startChild } from "../../lib/child.ts";
import { cleanEnvironment } from "../../lib/node.ts";
import { startMeter } from "../meter.ts";
import { percentilesOf } from "../percentiles.ts";
import { ownCpuSeconds, treeCpuSeconds } from "../processes.ts";
import { type Redis, startRedis } from "../redis.ts";
import type { Context, Figures, Scenario } from "../scenario.ts";
import { type Stage, setUpStage } from "../stage.ts";

/** Enough for a quarter of a minute of the fastest. */
const defaultJobs = 300_000;
const folder = fileURLToPath(new URL("../../peers/", import.meta.url));
const fillMs = 600_000;
const drainMs = 900_000;

type Peer = { step: string; program: string; redis?: readonly string[]; note: string };

const peers: readonly Peer[] = [
  { step: "graphile-worker", program: "graphile-worker.mjs", note: "local queue 500, completions batched; no history" },
  { step: "pg-boss", program: "pg-boss.mjs", note: "fetch and complete 500, twice; history in the same table" },
  { step: "BullMQ", program: "bullmq.mjs", redis: [], note: "Redis as it comes: snapshots now and then, no log; no history" },
  {
    step: "BullMQ, durable",
    program: "bullmq.mjs",
    redis: ["--appendonly", "yes", "--appendfsync", "always"],
    note: "Redis with appendfsync always; no history",
  },
];

type RecurringPeer = { step: string; program: string; redis: boolean };

/** pg-boss has one schedule a queue, and a table a queue: thousands of schedules are not what it is made for. */
const recurring: readonly RecurringPeer[] = [
  { step: "graphile-worker, schedules", program: "graphile-worker-recurring.mjs", redis: false },
  { step: "BullMQ, schedules", program: "bullmq-recurring.mjs", redis: true },
];
const schedules = 10_000;
/** Later than that, the next minute's are due. */
const startedMs = 180_000;

/**
 * What a queue that is full is worked off at, which spares them what the engine does besides: to find out what is due, and to insert it. How fast it was filled is told
 * beside it, and what both come to together, which is the nearest to the engine's work.
 */
export const peersScenario: Scenario = {
  name: "peers",
  purpose: "graphile-worker, pg-boss and BullMQ working off a full queue of jobs that do nothing, on the same machine (--size N jobs)",
  async run(context) {
    if (!existsSync(`${folder}node_modules`))
      throw new Error("The peers are not installed: npm install --prefix bench/peers, and redis-server from your system.");
    const stage = await setUpStage(context);
    const steps: (Figures & { step: string })[] = [];
    for (const peer of peers) {
      const found = await measure(context, stage, peer);
      context.say(`${peer.step}: ${found.runsPerSecond} a second, filled at ${String(found.filledPerSecond)}`);
      steps.push(found);
    }
    for (const peer of recurring) steps.push(await measureSchedules(context, stage, peer));
    const [first] = steps;
    if (first === undefined) throw new Error("no peer was measured");
    const { step: _step, ...figures } = first;
    return { ...figures, steps };
  },
};

async function measure(context: Context, stage: Stage, { step, program, redis: flags, note }: Peer): Promise<Figures & { step: string }> {
  const redis = flags === undefined ? null : await startRedis(context, stage.folder, flags);
  const jobs = context.options.size ?? defaultJobs;
  const env = { ...cleanEnvironment(), BENCH_URL: redis?.url ?? stage.url, BENCH_JOBS: String(jobs) };
  const child = startChild(step, [`${folder}${program}`], { cwd: folder, env });
  context.cleanup.add(() => child.signal("SIGKILL"));
  await child.line(/^filling$/, fillMs);
  const fillFromMs = performance.now();
  await child.line(/^filled$/, fillMs);
  const filledPerSecond = Math.round(jobs / ((performance.now() - fillFromMs) / 1_000));
  if (redis === null) await stage.db.query("analyze");
  const from = Number(await child.line(/^from (\d+)$/, drainMs));
  const used = cpuOf(child, redis, stage);
  const startMs = performance.now();
  const stop = await startMeter(stage, [child.pid]);
  const to = Number(await child.line(/^to (\d+)$/, drainMs));
  const seconds = (performance.now() - startMs) / 1_000;
  const cpuSeconds = used();
  const { walBytes } = await stop();
  await child.ended;
  await redis?.stop();
  const done = to - from;
  const perSecond = Math.round(done / seconds);
  return {
    ...{
      step,
      note,
      runsPerSecond: perSecond,
      filledPerSecond,
      // One job takes the time to be put there and the time to be worked off.
      filledAndDonePerSecond: Math.round(1 / (1 / filledPerSecond + 1 / perSecond)),
      lagMs: null,
      cpuSeconds,
      memoryMb: null,
      statementsPerRun: null,
      rowsPerRun: null,
    },
    walBytesPerRun: redis === null ? Math.round(walBytes / done) : null,
    ...{ seconds: Math.round(seconds * 100) / 100, jobs, postgres: stage.postgres },
  };
}

/** How late ten thousand schedules start that are all due at the full minute; nothing in `lagMs` when they did not all start within three. */
async function measureSchedules(
  context: Context,
  stage: Stage,
  { step, program, redis: needsRedis }: RecurringPeer,
): Promise<Figures & { step: string }> {
  const redis = needsRedis ? await startRedis(context, stage.folder, []) : null;
  const env = { ...cleanEnvironment(), BENCH_URL: redis?.url ?? stage.url, BENCH_SCHEDULES: String(schedules) };
  const child = startChild(step, [`${folder}${program}`], { cwd: folder, env });
  context.cleanup.add(() => child.signal("SIGKILL"));
  await child.line(/^filled$/, fillMs);
  const told = await child.line(/^lags (.*)$/, startedMs).catch(() => null);
  child.signal("SIGKILL");
  await child.ended;
  await redis?.stop();
  const lagMs = told === null ? null : percentilesOf(JSON.parse(told) as [number, number][]);
  context.say(`${step}: ${lagMs === null ? "not all started within three minutes" : `the last of ${schedules} after ${lagMs.max} ms`}`);
  const none = { runsPerSecond: null, cpuSeconds: null, memoryMb: null, statementsPerRun: null, rowsPerRun: null, walBytesPerRun: null };
  return { step, note: `${schedules} schedules due at the full minute`, ...none, lagMs, seconds: 60, schedules, postgres: stage.postgres };
}

/** Of the peer and of what it keeps its jobs in; read while both live. */
function cpuOf(child: Child, redis: Redis | null, { serverPid }: Stage): () => Figures["cpuSeconds"] {
  const read = () => {
    const server = redis?.pid ?? serverPid;
    return { node: ownCpuSeconds([child.pid]), database: server === null ? null : treeCpuSeconds(server) };
  };
  const before = read();
  return () => {
    const after = read();
    if (after.node === null || before.node === null) return null;
    const database =
      after.database === null || before.database === null ? null : Math.round((after.database - before.database) * 100) / 100;
    return { node: Math.round((after.node - before.node) * 100) / 100, database };
  };
}
