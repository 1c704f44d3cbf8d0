import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

const keptLines = 30;

/** A Node program as a process of its own. */
export type Child = {
  name: string;
  pid: number;
  /** The first group of the first line of its output that matches; rejects when the process ends before, or after `timeoutMs`. */
  line(pattern: RegExp, timeoutMs: number): Promise<string>;
  running(): boolean;
  signal(name: NodeJS.Signals): void;
  /** Exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
  /** Whether anything of its process group is still there. */
  groupAlive(): boolean;
  /** The last lines it wrote. */
  tail(): string;
};

/** Each child leads a process group, so that Ctrl-C on the terminal reaches the proof alone, which then ends them in order. */
export function startChild(name: string, args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }): Child {
  const child: ChildProcess = spawn(process.execPath, [...args], { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  const watchers = new Set<(line: string) => void>();
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
      for (const watch of watchers) watch(line);
    });
  }
  const ended = once(child, "exit").then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals);
  const tail = (): string => lines.join("\n");
  const failed = (why: string): Error => new Error(`${name} ${why}. Its last lines:\n${tail()}`);
  return {
    name,
    pid: child.pid ?? -1,
    ended,
    tail,
    running: () => child.exitCode === null && child.signalCode === null,
    signal: (signal) => void child.kill(signal),
    groupAlive: () => child.pid !== undefined && exists(-child.pid),
    async line(pattern, timeoutMs) {
      const stop = new AbortController();
      const found = new Promise<string>((resolve) => {
        const watch = (line: string): void => {
          const match = pattern.exec(line);
          if (match) resolve(match[1] ?? line);
        };
        for (const line of lines) watch(line);
        watchers.add(watch);
        stop.signal.addEventListener("abort", () => watchers.delete(watch));
      });
      const over = ended.then((end) => Promise.reject(failed(`ended (${end}) before it was ready`)));
      const late = delay(timeoutMs, undefined, { signal: stop.signal }).then(() =>
        Promise.reject(failed(`was not ready after ${timeoutMs} ms`)),
      );
      try {
        return await Promise.race([found, over, late]);
      } finally {
        // The losers of the race still settle, with nobody to hear them.
        for (const loser of [over, late]) loser.catch(() => {});
        stop.abort();
      }
    },
  };
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
