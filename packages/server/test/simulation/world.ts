import { shardCount } from "../../src/model/ids.ts";
import { insertJobs } from "../../src/store/jobs.ts";
import { putQueue } from "../../src/store/queues.ts";
import { createCipher } from "../../src/store/secrets.ts";
import { type Cluster, createCluster } from "./cluster.ts";
import { type Plan, planFaults } from "./faults.ts";
import { draftJobs, draftQueues, epochMs, type Queues, type SimulatedJob } from "./jobs.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { createNetwork, type Ways } from "./network.ts";
import { bootProcess, type Process } from "./node.ts";
import type { Platform } from "./platform.ts";
import type { InProcessPostgres } from "./postgres.ts";
import { createChance } from "./random.ts";
import { createTimeline, type Life, type Timeline } from "./timeline.ts";
import { createWatch, type Watch } from "./watch.ts";
import { resetSql } from "./witnesses.ts";
import { startWorkers } from "./workers.ts";

/** What all seeds stand on. */
export type Ground = { postgres: InProcessPostgres; platform: Platform; tenantId: number };

/** All there is in one seed. */
export type World = {
  timeline: Timeline;
  plan: Plan;
  jobs: readonly SimulatedJob[];
  queues: Queues;
  cluster: Cluster;
  ledger: Ledger;
  trace: string[];
  breaches: string[];
  /** What has not fired yet, and what has not ended. */
  left(): Promise<{ cursors: number; runs: number }>;
  audit(): Promise<void>;
  gaps: Watch["gaps"];
  statements(): number;
};

const leftSql = "select (select count(*) from punctual.cursors)::int as cursors, (select count(*) from punctual.live_runs)::int as runs";

/** Nothing secret is sealed with it; a random one would be a difference between two lives of a seed. */
const cipherKey = Buffer.alloc(32, 1);

/** An empty database with the seed's jobs, its nodes about to boot, and its faults lying ahead. */
export async function createWorld({ postgres, platform, tenantId }: Ground, seed: number): Promise<World> {
  const chance = createChance(seed);
  const plan = planFaults(chance);
  const timeline = createTimeline();
  const queues = draftQueues(chance);
  const jobs = draftJobs(chance, tenantId, queues, plan.chaosMs);
  const manners = new Map(jobs.map(({ row, manners: each }) => [row.jobId, each]));
  const trace: string[] = [];
  const breaches: string[] = [];
  const ways = new Map<Life, Ways>();
  let statements = 0;
  const say = (line: string): void => void trace.push(`${timeline.nowMs().toFixed(3)} ${line}`);
  const breach = (what: string): void => {
    say(`BREACH ${what}`);
    breaches.push(`at ${timeline.nowMs().toFixed(0)} ms: ${what}`);
  };
  const atNow = <T>(run: () => Promise<T>): Promise<T> => platform.atDatabaseTime(epochMs + timeline.nowMs(), run);

  await postgres.query(resetSql);
  // So that its write-ahead log, which is in memory too, does not grow from seed to seed.
  await postgres.query("checkpoint");
  const rows = jobs.map(({ row }) => row);
  await atNow(async () => {
    for (const { name, concurrency } of Object.values(queues))
      await putQueue(postgres.db, tenantId, name, { concurrency, keyConcurrency: null, rate: null });
    await insertJobs(postgres.db, tenantId, rows);
  });
  const watch = createWatch(postgres.db, () => cluster.processes, breach);

  const network = createNetwork({
    timeline,
    chance,
    weatherOf: (life, line) => cluster.weatherOf(life, line),
    send: (life, statement, go) => cluster.send(life, statement, go),
    trace: say,
    execute: (statement, pid) =>
      atNow(async () => {
        statements++;
        if (statement.asksForConnections) postgres.setConnections(pid, network.openPids());
        const answer = await postgres.query(...statement.asked);
        watch.saw(statement, answer);
        return answer;
      }),
  });
  postgres.onNotification((payload) => network.notified(payload));
  const ledger = createLedger({
    chance,
    nowMs: () => epochMs + timeline.nowMs(),
    mannersOf: (jobId) => manners.get(jobId) ?? { fails: 0, longestMs: 1 },
    onBegun: (begun) => {
      say(`${begun.life.name} begins attempt ${begun.attempt} of ${begun.runId}`);
      watch.began(begun);
    },
  });
  const boots: number[] = [];
  const boot = (index: number): Process => {
    boots[index] = (boots[index] ?? 0) + 1;
    return bootProcess({
      name: `n${index}.${boots[index]}`,
      timeline,
      chance,
      ways: (life) => {
        const own = network.waysOf(life, { dbMs: plan.dbTimeoutMs, leaseMs: plan.leaseTtlMs / 4 });
        ways.set(life, own);
        return own;
      },
      target: ledger.targetFor,
      cipher: createCipher(cipherKey),
      leaseTtlMs: plan.leaseTtlMs,
      slots: plan.slots,
      emitted: ({ life }, event) => {
        say(`${life.name} ${event.type}${event.type === "loop_failed" ? ` ${event.loop}` : ""}`);
        if (event.type === "loop_failed" && !event.databaseAway) breach(`${life.name}'s loop ${event.loop} failed: ${String(event.error)}`);
      },
    });
  };
  const cluster = createCluster({ timeline, plan, shards: shardCount, boot, closed: ({ life }) => ways.get(life)?.close(), trace: say });
  const living = (): Process[] => [...cluster.processes.values()].filter(({ life }) => life.alive);
  startWorkers({ timeline, chance, tenantId, queueName: queues.pulled.name, living, ledger });
  say(`plan ${JSON.stringify(plan)}`);

  return {
    ...{ timeline, plan, jobs, queues, cluster, ledger, trace, breaches },
    left: async () => (await postgres.query({ name: "left", text: leftSql, values: [] })).rows[0] as { cursors: number; runs: number },
    audit: () => atNow(watch.audit),
    gaps: watch.gaps,
    statements: () => statements,
  };
}
