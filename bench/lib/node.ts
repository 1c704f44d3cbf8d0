import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Child, startChild } from "./child.ts";

export const punctualBin = fileURLToPath(new URL("../../packages/cli/bin/punctual.js", import.meta.url));

const readyMs = 60_000;
const stopMs = 60_000;
const pollMs = 100;

/** A node as a real process. */
export type ProvenNode = { child: Child; url: string };
export type Gauges = { shards: number; running: number; resultsLost: number; loopFailures: number };

export type NodePlan = {
  name: string;
  databaseUrl: string;
  /** Its working folder; the nodes of one folder share its `data`, with the API key and the secrets. */
  folder: string;
  /** More options of `punctual dev`. */
  flags?: readonly string[];
  env?: NodeJS.ProcessEnv;
};

/** Starts the process and does not wait for it. */
export function spawnNode({ name, databaseUrl, folder, flags = [], env = {} }: NodePlan): Child {
  const args = [punctualBin, "dev", "--port", "0", "--data-dir", `${folder}/data`, "--node-name", name, "--log-level", "warn", ...flags];
  return startChild(name, args, { cwd: folder, env: { ...cleanEnvironment(), ...env, DATABASE_URL: databaseUrl } });
}

/** The caller's settings for Punctual must not leak into the proof. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PUNCTUAL_|DATABASE_URL$)/.test(name)));
}

/** Resolves when the node serves and says that it is ready. */
export async function nodeReady(child: Child, signal: AbortSignal): Promise<ProvenNode> {
  const url = await child.line(/Punctual serves (\S+)/, readyMs);
  const deadline = performance.now() + readyMs;
  while (performance.now() < deadline && child.running()) {
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.ok) return { child, url };
    await delay(pollMs, undefined, { signal });
  }
  throw new Error(`${child.name} is not ready. Its last lines:\n${child.tail()}`);
}

/** What the node says about itself; null when it does not answer. */
export async function gaugesOf({ url }: ProvenNode): Promise<Gauges | null> {
  const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
  const text = await answer?.text().catch(() => null);
  if (text === null || text === undefined) return null;
  const sum = (name: string): number =>
    [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)$`, "gm"))].reduce((total, [, value]) => total + Number(value), 0);
  return {
    shards: sum("punctual_shards_owned"),
    running: sum("punctual_running"),
    resultsLost: sum("punctual_results_lost_total"),
    loopFailures: sum("punctual_loop_failures_total"),
  };
}

/** SIGTERM, and the end that must follow. @returns a sentence for what was not as it should: code 0, in time, leaving nothing behind */
export async function stopNode({ child }: ProvenNode): Promise<string[]> {
  child.signal("SIGTERM");
  const timer = new AbortController();
  const end = await Promise.race([child.ended, delay(stopMs, "late" as const, { signal: timer.signal })]).finally(() => timer.abort());
  if (end === "late") child.signal("SIGKILL");
  if (end === "late") return [`${child.name} did not stop within ${stopMs} ms of SIGTERM. Its last lines:\n${child.tail()}`];
  if (end !== 0) return [`${child.name} ended with ${end} after SIGTERM. Its last lines:\n${child.tail()}`];
  return child.groupAlive() ? [`${child.name} left processes behind`] : [];
}
