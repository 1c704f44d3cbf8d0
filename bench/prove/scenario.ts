import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { check, type Findings } from "./checker.ts";
import type { Cleanup } from "./cleanup.ts";
import { allOver, readRuns } from "./collect.ts";
import { type Created, createInBulk, type Refused } from "./create.ts";
import { importCrontab } from "./crontab.ts";
import { corpusDrafts, everyDrafts, spreadDrafts } from "./drafts.ts";
import { obligationsOf } from "./expected.ts";
import { type ArrivalFact, type JobFact, occurrenceKey, type RunFact } from "./history.ts";
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
} & Omit<Findings, "clean"> & { verdict: "clean" | "faulty" };

type Say = (line: string) => void;

const corpusPath = fileURLToPath(new URL("data/cron-corpus.tsv", import.meta.url));
const debianPath = fileURLToPath(new URL("data/debian.crontab", import.meta.url));
/** A lost attempt is noticed within the lease time and retried within five seconds more; a second loss on top still fits. */
const drainMs = 60_000;
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

  const { clean, ...findings } = check({ jobs, arrivals, runs, endMs, stoppedMs, killMs: kill.atMs });
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
  const { occurrences } = obligationsOf(jobs, endMs, endMs);
  const outstanding = new Set([...occurrences].filter(([, expected]) => expected.required).map(([key]) => key));
  for (const arrival of arrivals) outstanding.delete(occurrenceKey(arrival.jobId, arrival.nominalMs));
  const deadline = performance.now() + drainMs;
  while (performance.now() < deadline) {
    for (const arrival of stage.receiver.ledger.read()) {
      arrivals.push(arrival);
      outstanding.delete(occurrenceKey(arrival.jobId, arrival.nominalMs));
    }
    if (outstanding.size === 0 && (await allOver(survivor(stage), endMs))) return;
    await delay(pollMs, undefined, { signal });
  }
  say(`after ${drainMs / 1000} s, ${outstanding.size} occurrences are still outstanding`);
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
