import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Cleanup } from "../lib/cleanup.ts";
import { type ArrivalFact, type JobFact, occurrenceKey, type Window } from "../lib/history.ts";
import { outstandingOf } from "../lib/outstanding.ts";
import { countLive, readFacts } from "./facts.ts";
import type { FaultMark } from "./fault-log.ts";
import type { Given } from "./options.ts";
import { drawPicture } from "./picture.ts";
import type { Bite, Scenario } from "./scenario.ts";
import { type Stage, setStage } from "./stage.ts";
import { judge, type Verdict } from "./verdict.ts";
import { startWatcher } from "./watcher.ts";
import { startWorkload } from "./workload.ts";

/** What a scenario ends with; `--json` prints it as it is. */
export type Result = {
  scenario: string;
  /** Nothing was found, the fault bit, and everything ended as it should. */
  ok: boolean;
  seconds: number;
  nodes: number;
  postgres: string;
  jobs: number;
  bitten: Bite;
  faults: readonly FaultMark[];
  /** From the end of each fault until something arrived again, the longest of all. */
  firstArrivalAfterMs: number | null;
  /** How long it took after the end until everything due was over. */
  drainedAfterMs: number;
  /** What went wrong around the occurrences: a node that ended by itself or did not stop cleanly. */
  problems: readonly string[];
  /** The file of the picture. */
  picture: string;
} & Omit<Verdict, "clean">;

export type RunOptions = { seconds: number; out: string } & Given;
type Say = (line: string) => void;

const drainMs = 120_000;
/** And for each job, as a herd takes its time. */
const drainMsPerJob = 5;
const pollMs = 250;
/** Faults and what follows from them: two lease times and a look. */
const aftermathMs = 10_000;
/** After the longest outage of a scenario, its own length, creations must have succeeded within this. */
const graceMs = 60_000;

/** Plays a scenario from its start to its verdict. */
export async function playScenario(
  scenario: Scenario,
  { seconds, out, ...given }: RunOptions,
  cleanup: Cleanup,
  say: Say,
  signal: AbortSignal,
): Promise<Result> {
  const stage = await setStage(scenario, given, cleanup, say, signal);
  const { database, cluster, receiver, faults, clock } = stage;
  const watcher = startWatcher(database.servers);
  cleanup.add(async () => void (await watcher.stop()));
  const startMs = Date.now();
  Object.assign(clock, { startMs, endMs: startMs + seconds * 1_000 });
  const workload = await startWorkload(stage, seconds * 1_000 + graceMs, signal);
  say(`${scenario.name}: PostgreSQL ${database.version}, ${cluster.places.length} nodes, ${seconds} s`);

  await scenario.run(stage);
  await stage.wait(clock.endMs - Date.now());
  const endMs = Date.now();
  const jobs = await workload.finish();
  const { arrivals, drainedAfterMs } = await drain(stage, jobs, endMs, say);
  await cluster.stop();
  const stoppedMs = Date.now();
  for (const arrival of receiver.ledger.read()) arrivals.push(arrival);
  const watched = await watcher.stop();
  const facts = await readFacts(database.servers, stage.foreign);

  const windows = faults.marks.map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs + aftermathMs }));
  const { clean, ...verdict } = judge({ jobs, arrivals, facts, ownerships: watched.ownerships, endMs, stoppedMs, windows });
  const bitten = scenario.bitten({
    faults: faults.marks,
    facts,
    arrivals,
    watched,
    gauges: cluster.gauges,
    lives: cluster.lives(),
    faultLagMs: verdict.faultLagMs,
    lagMsOf: (isSource) => lagsOf(jobs, arrivals, isSource),
    figures: stage.figures,
  });
  const problems = [
    ...cluster.problems,
    ...(receiver.child.running() ? [] : [`the receiver ended by itself. Its last lines:\n${receiver.child.tail()}`]),
  ];
  const picture = join(out, `${scenario.name}.svg`);
  mkdirSync(out, { recursive: true });
  const lives = cluster.lives();
  writeFileSync(picture, drawPicture({ title: scenario.name, jobs, arrivals, faults: faults.marks, lives, startMs, endMs, stoppedMs }));
  return {
    scenario: scenario.name,
    ok: clean && bitten.bit && problems.length === 0,
    seconds,
    nodes: cluster.places.length,
    postgres: database.version,
    jobs: jobs.length,
    ...verdict,
    bitten,
    faults: faults.marks,
    firstArrivalAfterMs: longestSilence(faults.marks, arrivals),
    drainedAfterMs,
    problems,
    picture,
  };
}

/** Waits until all that was due before the end has arrived and is over, or the time for it is. The checker judges either way. */
async function drain(stage: Stage, jobs: readonly JobFact[], endMs: number, say: Say) {
  const arrivals: ArrivalFact[] = [];
  const outstanding = outstandingOf(jobs, endMs);
  const start = performance.now();
  const passed = (): number => Math.round(performance.now() - start);
  for (;;) {
    const fresh = stage.receiver.ledger.read();
    for (const arrival of fresh) arrivals.push(arrival);
    outstanding.saw(fresh);
    const live = outstanding.left() === 0 ? await countLive(stage.database.servers, endMs, stage.foreign) : null;
    if (live === 0) return { arrivals, drainedAfterMs: passed() };
    if (passed() > drainMs + jobs.length * drainMsPerJob) {
      say(`after ${Math.round(passed() / 1_000)} s, ${outstanding.left()} occurrences are still outstanding`);
      return { arrivals, drainedAfterMs: passed() };
    }
    await delay(pollMs);
  }
}

function lagsOf(jobs: readonly JobFact[], arrivals: readonly ArrivalFact[], isSource: (source: string) => boolean): number[] {
  const wanted = new Set(jobs.filter(({ source }) => isSource(source)).map(({ jobId }) => jobId));
  const first = new Map<string, number>();
  for (const { jobId, nominalMs, receivedMs } of arrivals) {
    if (!wanted.has(jobId)) continue;
    const key = occurrenceKey(jobId, nominalMs);
    first.set(key, Math.min(first.get(key) ?? Number.POSITIVE_INFINITY, receivedMs - nominalMs));
  }
  return [...first.values()];
}

function longestSilence(windows: readonly Window[], arrivals: readonly ArrivalFact[]): number | null {
  const times = arrivals.map((arrival) => arrival.receivedMs).sort((a, b) => a - b);
  const silences = windows.flatMap(({ toMs }) => {
    const next = times.find((time) => time >= toMs);
    return next === undefined ? [] : [next - toMs];
  });
  return silences.length === 0 ? null : Math.max(...silences);
}
