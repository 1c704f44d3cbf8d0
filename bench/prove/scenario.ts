import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { check, type Findings } from "../lib/checker.ts";
import type { Cleanup } from "../lib/cleanup.ts";
import { type Created, createInBulk, type Refused } from "../lib/create.ts";
import { corpusDrafts, everyDrafts, spreadDrafts } from "../lib/drafts.ts";
import type { ArrivalFact, JobFact, RunFact } from "../lib/history.ts";
import { outstandingOf } from "../lib/outstanding.ts";
import { allOver, readRuns } from "./collect.ts";
import { importCrontab } from "./crontab.ts";
import type { Options } from "./options.ts";
import { type Stage, setUpStage } from "./set-up.ts";
import { type Kill, type Times, watch } from "./watch.ts";

/** What a proof ends with; `--json` prints it as it is. */
export type Result = {
  scenario: string;
  seconds: number;
  nodes: number;
  postgres: string;
  jobs: number;
  refused: Refused[];
  kill: Kill & { lostAttempts: number; bit: boolean };
  /** What went wrong around the occurrences: a node that did not stop cleanly, a receiver that died. */
  problems: string[];
  /** Lag of what became due in the ten seconds from the kill. */
  killWindowLagMs: Findings["faultLagMs"];
} & Omit<Findings, "clean" | "faultLagMs"> & { verdict: "clean" | "faulty" };

type Say = (line: string) => void;

const corpusPath = fileURLToPath(new URL("data/cron-corpus.tsv", import.meta.url));
const debianPath = fileURLToPath(new URL("data/debian.crontab", import.meta.url));
/** A lost attempt is noticed within the lease time and retried within five seconds more; a second loss on top still fits. */
const drainMs = 60_000;
/** Two lease times and a look: what the death of a node can delay at most lies well inside. */
const killWindowMs = 10_000;
const pollMs = 500;

/** The whole proof, in the order of its story. */
export async function runScenario(options: Options, cleanup: Cleanup, say: Say, signal: AbortSignal): Promise<Result> {
  const stage = await setUpStage(options.nodes, cleanup, signal);
  say(`PostgreSQL ${stage.postgresVersion}, ${options.nodes} nodes and a receiver run in ${stage.folder}`);
  const startMs = Date.now();
  const endMs = startMs + options.minutes * 60_000;
  const times: Times = { startMs, killMs: startMs + options.killAfter * (endMs - startMs), endMs };
  const created = await createJobs(stage, options, times);
  say(
    `${created.jobs.length} jobs made, ${created.refused.reduce((sum, each) => sum + each.jobs, 0)} refused; the kill comes after ${Math.round((times.killMs - startMs) / 1000)} s`,
  );

  const arrivals: ArrivalFact[] = [];
  const { kill, streamed } = await watch(stage, times, arrivals, say, signal);
  const jobs = [...created.jobs, ...streamed];
  await drain(stage, jobs, endMs, arrivals, say, signal);
  const runs = await readRuns(survivor(stage), endMs);
  const problems = await stop(stage);
  const stoppedMs = Date.now();
  for (const arrival of stage.receiver.ledger.read()) arrivals.push(arrival);

  const windows = [{ fromMs: kill.atMs, toMs: kill.atMs + killWindowMs }];
  const { clean, faultLagMs: killWindowLagMs, ...findings } = check({ jobs, arrivals, runs, endMs, stoppedMs, windows });
  return {
    scenario: options.crontab === null ? "cron corpus, Debian crontab, every, runAt" : "cron corpus, crontab of your own, every, runAt",
    seconds: options.minutes * 60,
    nodes: options.nodes,
    postgres: stage.postgresVersion,
    jobs: jobs.length,
    refused: created.refused,
    kill: { ...kill, ...bite(kill, runs) },
    problems,
    ...findings,
    killWindowLagMs,
    verdict: clean && problems.length === 0 ? "clean" : "faulty",
  };
}

async function createJobs({ clients, cluster, receiver, apiKey, folder }: Stage, options: Options, times: Times): Promise<Created> {
  const [client] = clients;
  const [node] = cluster.nodes;
  if (!client || !node) throw new Error("there is no node");
  const { quick } = receiver.urls;
  const file = options.crontab ?? debianPath;
  const parts = [
    await createInBulk(client, corpusDrafts(corpusPath, quick)),
    // A file of the caller's own has a user column where cron says so; the importer knows that by its place.
    await importCrontab({ file, system: options.crontab === null, targetUrl: quick, serverUrl: node.url, apiKey, folder }),
    await createInBulk(client, everyDrafts(Date.now(), receiver.urls)),
    await createInBulk(client, spreadDrafts(Date.now(), times.endMs, spreadJobs(options.minutes), quick)),
  ];
  return { jobs: parts.flatMap((part) => part.jobs), refused: parts.flatMap((part) => part.refused) };
}

/** One a second, as far as one bulk request goes. */
function spreadJobs(minutes: number): number {
  return Math.min(1_000, Math.round(minutes * 60));
}

/** Waits until all that was due before the end has arrived and is over, or the time for it is. The checker judges either way. */
async function drain(
  stage: Stage,
  jobs: readonly JobFact[],
  endMs: number,
  arrivals: ArrivalFact[],
  say: Say,
  signal: AbortSignal,
): Promise<void> {
  const outstanding = outstandingOf(jobs, endMs);
  outstanding.saw(arrivals);
  const deadline = performance.now() + drainMs;
  while (performance.now() < deadline) {
    const fresh = stage.receiver.ledger.read();
    for (const arrival of fresh) arrivals.push(arrival);
    outstanding.saw(fresh);
    if (outstanding.left() === 0 && (await allOver(survivor(stage), endMs))) return;
    await delay(pollMs, undefined, { signal });
  }
  say(`after ${drainMs / 1000} s, ${outstanding.left()} occurrences are still outstanding`);
}

function survivor({ cluster, clients }: Stage) {
  const client = clients.find((_, index) => cluster.nodes[index]?.child.running());
  if (!client) throw new Error(`no node is left. The last lines of the first:\n${cluster.nodes[0]?.child.tail()}`);
  return client;
}

async function stop({ cluster, receiver }: Stage): Promise<string[]> {
  const gone = cluster.nodes.slice(0, -1).filter(({ child }) => !child.running());
  const problems = gone.map(({ child }) => `${child.name} ended by itself. Its last lines:\n${child.tail()}`);
  if (!receiver.child.running()) problems.push(`the receiver ended by itself. Its last lines:\n${receiver.child.tail()}`);
  return [...problems, ...(await cluster.stop())];
}

/** A kill proves something only when the node owned shards and died in the middle of attempts, which the others then had to make again. */
function bite(kill: Kill, runs: readonly RunFact[]): { lostAttempts: number; bit: boolean } {
  const lostAttempts = runs.flatMap((run) => run.attempts).filter((attempt) => attempt.outcome === "lost").length;
  return { lostAttempts, bit: kill.shardsBefore > 0 && lostAttempts > 0 };
}
