import { openDatabase } from "../../../packages/server/src/store/database.ts";
import { type Drive, driveLane, makeLanes, type Pace } from "../hot-path.ts";
import { fillJobs, quietJob } from "../jobs.ts";
import { figuresOf, startMeter } from "../meter.ts";
import type { Scenario } from "../scenario.ts";
import { type Stage, setUpStage } from "../stage.ts";

const jobs = 90_000;
/** All of them owe a run each second: more than any machine carries. */
const everyMs = 1_000;
const defaultSeconds = 30;
const tryMs = 2_000;
/** What is tried before the measurement; the best drives it. */
const drives: readonly Drive[] = [1, 2, 3].flatMap((lanes) => [100, 250, 500, 1_000, 2_000].map((batch) => ({ lanes, batch })));
/** Two statements of a lane are under way at once. */
const mostConnections = 8;

export const limit: Scenario = {
  name: "limit",
  purpose: "the statements of the hot path alone (due, fire held, settle), driven by a loop with no engine around them: the ceiling",
  async run(context) {
    const seconds = context.options.seconds ?? defaultSeconds;
    const stage = await setUpStage(context);
    const { tenantId } = stage;
    // Each owes an hour's runs, so that nothing ever has to be waited for.
    await fillJobs(stage.db, { tenantId, jobs, everyMs, leadMs: -3_600_000, definition: quietJob, origins: 1 });
    const drive = await openDrive(stage, context.options.warmupSeconds, context.say);
    context.cleanup.add(drive.close);
    const stop = await startMeter(stage, [process.pid]);
    const runs = await drive.run(seconds * 1_000);
    const usage = await stop();
    const { postgres } = stage;
    return {
      runsPerSecond: Math.round(runs / usage.seconds),
      lagMs: null,
      ...figuresOf(usage, runs),
      runsPerMove: 1,
      drive: drive.chosen,
      postgres,
    };
  },
};

/** Tries the ways of driving and keeps the best. */
async function openDrive(stage: Stage, warmupSeconds: number, say: (line: string) => void) {
  const shared = { url: stage.url, applicationName: "punctual limit", statementTimeoutMs: 60_000, connectTimeoutMs: 5_000 };
  const db = openDatabase({ ...shared, maxConnections: mostConnections, indexPlansOnly: true });
  const nodeId = await joinForGood(stage);
  const pace: Pace = { everyMs, tenantId: stage.tenantId };
  const run = async ({ lanes, batch }: Drive, forMs: number): Promise<number> => {
    const endMs = performance.now() + forMs;
    const isOver = (): boolean => performance.now() > endMs;
    const settled = await Promise.all(makeLanes(lanes).map((lane) => driveLane(db, nodeId, lane, batch, pace, isOver)));
    return settled.reduce((sum, each) => sum + each, 0);
  };
  let chosen: Drive = { lanes: 2, batch: 1_000 };
  let most = 0;
  await run(chosen, warmupSeconds * 1_000);
  for (const drive of drives) {
    const settled = await run(drive, tryMs);
    say(`${drive.lanes} lanes of ${drive.batch}: ${Math.round(settled / (tryMs / 1_000)).toLocaleString("en-US")} runs a second`);
    if (settled > most) [most, chosen] = [settled, drive];
  }
  return { chosen, run: (forMs: number) => run(chosen, forMs), close: () => db.end() };
}

/** A node whose lease never ends: the guards of the statements stay, and are paid for. */
async function joinForGood({ db }: Stage): Promise<number> {
  const { rows } = await db.query<{ node_id: string }>(
    `insert into punctual.nodes (name, version, slots, started_at, lease_until, beat)
     values ('limit', '0', 1, punctual.clock(), 'infinity', gen_random_uuid()) returning node_id`,
  );
  return Number(rows[0]?.node_id);
}
