import { setTimeout as delay } from "node:timers/promises";
import { openDatabase } from "../../../packages/server/src/store/database.ts";
import { carriedOf } from "../carry.ts";
import { fillJobs, quietJob } from "../jobs.ts";
import { startMeter } from "../meter.ts";
import { startNodes } from "../nodes.ts";
import type { Scenario } from "../scenario.ts";
import { ownServerSettings, type Stage, setUpStage } from "../stage.ts";

const jobs = 90_000;
const defaultRate = 36_000;
const defaultSeconds = 600;
const freeSeconds = 60;
const recoverySeconds = 120;
/** Three lanes take up to 5,000 each for what they are firing, and a quarter is kept. */
const slots = 20_000;
const leadMs = 5_000;
/** What is looked at as one: a checkpoint or a vacuum takes some seconds. */
const windowSeconds = 10;

export const pinned: Scenario = {
  name: "pinned",
  purpose: "engine for ten minutes while another connection holds a snapshot open, and what comes after (--seconds N of it, --rate N)",
  async run(context) {
    const { options, signal, say } = context;
    const seconds = options.seconds ?? defaultSeconds;
    // What cannot be cleaned up for ten minutes is 3 GB.
    const stage = await setUpStage(context, ownServerSettings);
    const everyMs = Math.max(1_000, Math.round((jobs / (options.rate ?? defaultRate)) * 1_000));
    await fillJobs(stage.db, { tenantId: stage.tenantId, jobs, everyMs, leadMs, definition: quietJob, origins: 100 });
    const nodes = await startNodes(stage, context, { count: options.nodes, noop: true, slots });
    await delay(leadMs + options.warmupSeconds * 1_000, undefined, { signal });
    const stop = await startMeter(stage, nodes.pids);
    say(`measuring ${freeSeconds} s without, ${seconds} s with a snapshot held, ${recoverySeconds} s after`);
    await delay(freeSeconds * 1_000, undefined, { signal });
    const release = await pin(stage);
    await delay(seconds * 1_000, undefined, { signal });
    await release();
    await delay(recoverySeconds * 1_000, undefined, { signal });
    const usage = await stop();
    await nodes.stop();
    const { figures, outcome } = await carriedOf(stage, usage, { nodes: options.nodes });
    return { ...figures, held: { fromSecond: freeSeconds, toSecond: freeSeconds + seconds }, ...judge(outcome.perSecond, seconds) };
  },
};

/** Rates before, while the snapshot was held, in its last minute, and after; and how long until the rate of before was back. */
export function judge(perSecond: readonly number[], pinnedSeconds: number) {
  const mean = (from: number, to: number): number => {
    const part = perSecond.slice(from, to);
    return part.length === 0 ? 0 : Math.round(part.reduce((sum, each) => sum + each, 0) / part.length);
  };
  const free = mean(0, freeSeconds);
  const endedAt = freeSeconds + pinnedSeconds;
  const windows = Array.from({ length: recoverySeconds - windowSeconds + 1 }, (_, after) =>
    mean(endedAt + after, endedAt + after + windowSeconds),
  );
  const back = windows.findIndex((rate) => rate >= 0.95 * free);
  return {
    freePerSecond: free,
    pinnedPerSecond: mean(freeSeconds, endedAt),
    pinnedLastMinutePerSecond: mean(Math.max(freeSeconds, endedAt - 60), endedAt),
    recoveredPerSecond: mean(endedAt + recoverySeconds - 60, endedAt + recoverySeconds),
    /** From the release to the first ten seconds with 95 % of the rate before; null when there were none. */
    recoverySeconds: back < 0 ? null : back + windowSeconds,
  };
}

/** A transaction that has read once and then does nothing, as a forgotten session of somebody. @returns what ends it */
async function pin(stage: Stage): Promise<() => Promise<void>> {
  const db = openDatabase({
    url: stage.url,
    applicationName: "snapshot",
    maxConnections: 1,
    statementTimeoutMs: 10_000,
    connectTimeoutMs: 5_000,
  });
  const client = await db.connect();
  await client.query("set idle_in_transaction_session_timeout = 0");
  await client.query("begin isolation level repeatable read");
  await client.query("select from punctual.cursors limit 1");
  return async () => {
    await client.query("rollback");
    client.release();
    await db.end();
  };
}
