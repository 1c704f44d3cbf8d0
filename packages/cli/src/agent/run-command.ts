import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import type { Invocation } from "./invocation.ts";
import { createLineReader, createTail, type Tail } from "./lines.ts";
import { isGroupAlive, stopGroup } from "./process-group.ts";

/** How a command ended. Exactly one of exit code and signal is there. */
export type CommandEnd = {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** The command ended and left processes of its group, which were then ended too. */
  leftProcesses: boolean;
  /** The end of what it wrote, both streams as they came. */
  output: string;
};
export type Stream = "stdout" | "stderr";

export type CommandOptions = {
  onLine(stream: Stream, line: string): void;
  /** Aborting it ends the command. */
  stop: AbortSignal;
  /** From the asking to the killing. */
  graceMs: number;
  outputBytes: number;
  lineChars: number;
};

/** For what a process outside of the group, which is not ours to end, still holds open. */
const closingMs = 1_000;

/**
 * Runs one command in a process group of its own, and comes back when nothing of that group is left: a run that is over has no process that still acts.
 * Whatever is to outlive the command must leave the group, as services do that are started properly.
 *
 * Rejects when the program cannot be started.
 */
export async function runCommand({ file, args, cwd, env, stdin }: Invocation, options: CommandOptions): Promise<CommandEnd> {
  const child = spawn(file, args, { cwd, env, detached: true, stdio: [stdin === null ? "ignore" : "pipe", "pipe", "pipe"] });
  const tail = createTail(options.outputBytes);
  for (const stream of ["stdout", "stderr"] as const) readLines(child, stream, tail, options);
  // A command that does not read its input to the end breaks the pipe, which is its right.
  child.stdin?.on("error", () => undefined).end(stdin);

  const closed = once(child, "close").catch(() => undefined);
  await once(child, "spawn");
  const groupId = child.pid as number;
  let stopping: Promise<void> | undefined;
  const stop = (): void => void (stopping ??= stopGroup(groupId, options.graceMs));
  options.stop.addEventListener("abort", stop);
  if (options.stop.aborted) stop();

  const [exitCode, signal] = (await exitOf(child)) as [number | null, NodeJS.Signals | null];
  options.stop.removeEventListener("abort", stop);
  const leftProcesses = stopping === undefined && (await isGroupAlive(groupId));
  if (leftProcesses) stop();
  await stopping;
  await settleStreams(child, closed);
  return { exitCode, signal, leftProcesses, output: tail.text() };
}

function readLines(child: ChildProcess, stream: Stream, tail: Tail, { lineChars, onLine }: CommandOptions): void {
  const reader = createLineReader(lineChars, (line) => onLine(stream, line));
  (child[stream] as Readable)
    .on("data", (chunk: Buffer) => {
      tail.write(chunk);
      reader.write(chunk);
    })
    .on("close", reader.end);
}

async function exitOf(child: ChildProcess): Promise<unknown[]> {
  return child.exitCode === null && child.signalCode === null ? once(child, "exit") : [child.exitCode, child.signalCode];
}

async function settleStreams(child: ChildProcess, closed: Promise<unknown>): Promise<void> {
  const timer = setTimeout(() => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  }, closingMs);
  await closed;
  clearTimeout(timer);
}
