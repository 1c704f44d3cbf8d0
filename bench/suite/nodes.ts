import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Child, startChild } from "../lib/child.ts";
import { cleanEnvironment } from "../lib/node.ts";
import type { Context } from "./scenario.ts";
import type { Stage } from "./stage.ts";

export type Nodes = {
  pids: readonly number[];
  /** Where each serves its API. */
  urls: readonly string[];
  /** SIGTERM to all; rejects when one does not end well. */
  stop(): Promise<void>;
};

export type NodeOptions = {
  count: number;
  /** Webhooks call nothing. */
  noop: boolean;
  /** Attempts at once: those of one origin may take all of them. */
  slots: number;
};

const readyMs = 60_000;
const pollMs = 50;
const shardCount = 256;

/** Starts nodes on the stage's database; resolves when they own all shards between them. */
export async function startNodes(stage: Stage, { profiles, cleanup, signal, say }: Context, wanted: NodeOptions): Promise<Nodes> {
  const children = Array.from({ length: wanted.count }, (_, index) => startOne(stage, profiles, `bench-${index + 1}`, wanted));
  cleanup.add(() => children.filter((child) => child.running()).forEach((child) => child.signal("SIGKILL")));
  const urls = await Promise.all(children.map((child) => child.line(/Punctual serves (\S+)/, readyMs)));
  const deadline = performance.now() + readyMs;
  while ((await ownedShards(urls)) < shardCount) {
    if (performance.now() > deadline) throw new Error("the nodes do not own all shards between them");
    await delay(pollMs, undefined, { signal });
  }
  say(`${wanted.count} ${wanted.count === 1 ? "node owns" : "nodes own"} all shards`);
  return { pids: children.map((child) => child.pid), urls, stop: () => stopAll(children) };
}

function startOne(stage: Stage, profiles: string | null, name: string, { noop, slots }: NodeOptions): Child {
  const program = fileURLToPath(new URL("programs/node.ts", import.meta.url));
  const args = [...profiling(profiles), "--import", import.meta.resolve("tsx"), program, ...(noop ? ["--noop"] : [])];
  const settings = {
    DATABASE_URL: stage.url,
    PUNCTUAL_ENCRYPTION_KEY: stage.encryptionKey,
    PUNCTUAL_PORT: "0",
    PUNCTUAL_NODE_NAME: name,
    PUNCTUAL_SLOTS: String(slots),
    PUNCTUAL_SLOTS_PER_ORIGIN: String(slots),
    PUNCTUAL_LOG_LEVEL: "warn",
  };
  return startChild(name, args, { cwd: stage.folder, env: { ...cleanEnvironment(), ...settings } });
}

/** Flags with which a process leaves its CPU profile there when it ends. */
export function profiling(folder: string | null): string[] {
  if (folder === null) return [];
  mkdirSync(folder, { recursive: true });
  return ["--cpu-prof", `--cpu-prof-dir=${resolve(folder)}`];
}

async function ownedShards(urls: readonly string[]): Promise<number> {
  const counts = await Promise.all(
    urls.map(async (url) => {
      const text = await fetch(`${url}/metrics`).then(
        (answer) => answer.text(),
        () => "",
      );
      return Number(/^punctual_shards_owned (\d+)$/m.exec(text)?.[1] ?? 0);
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

async function stopAll(children: readonly Child[]): Promise<void> {
  for (const child of children) child.signal("SIGTERM");
  for (const child of children) {
    const end = await child.ended;
    if (end !== 0) throw new Error(`${child.name} ended with ${end}. Its last lines:\n${child.tail()}`);
  }
}
