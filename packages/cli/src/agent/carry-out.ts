import { formatDuration, parseDuration } from "@punctual/schedule";
import { CliError } from "../cli-error.ts";
import type { Account } from "./account.ts";
import { readAllowFile } from "./allow-file.ts";
import { chooseCommand, invocationOf, RefusedRun, type RunFacts } from "./invocation.ts";
import { type CommandEnd, runCommand, type Stream } from "./run-command.ts";

/** A run that this agent has leased. */
export type AgentRun = RunFacts & {
  payload: unknown;
  /** Aborted when the run is cancelled, lost or given up. */
  signal: AbortSignal;
  log(message: string, level: "info" | "warn" | "error"): void;
};

export type CarryOutOptions = { allowFile: string; own: Account; graceMs: number; outputBytes: number; lineChars: number };

/** How a run ended: `error` says why it failed, and is null when it succeeded. */
export type CarriedOut = { command: string; error: string | null; retryable: boolean; output: string };

const levels: { readonly [S in Stream]: "info" | "error" } = { stdout: "info", stderr: "error" };
/** The most a worker's run may have; a timer of more than 24 days would go off at once. */
const longestMs = 7 * 86_400_000;

/**
 * Carries out the command that a run names. The allow-list is read anew for every run: what its owner changes holds at once, and there is nothing to reload.
 *
 * Never rejects: whatever goes wrong is how the run ended.
 */
export async function carryOut(run: AgentRun, options: CarryOutOptions): Promise<CarriedOut> {
  let command = "?";
  try {
    const chosen = chooseCommand(await readAllowFile(options.allowFile, options.own.uid), run.payload);
    command = chosen.name;
    const invocation = await invocationOf(chosen, run, options.own);
    const limitMs = Math.min(chosen.entry.timeout === undefined ? longestMs : parseDuration(chosen.entry.timeout), longestMs);
    const limit = AbortSignal.timeout(limitMs);
    const end = await runCommand(invocation, {
      ...options,
      onLine: (stream, line) => run.log(line, levels[stream]),
      stop: AbortSignal.any([run.signal, limit]),
    });
    if (end.leftProcesses) run.log("the command ended and left processes behind; they were ended too", "warn");
    const stopped = run.signal.aborted
      ? (run.signal.reason as Error).message
      : limit.aborted && `stopped after its time limit of ${formatDuration(limitMs)}`;
    return { command, error: errorOf(end, stopped), retryable: true, output: end.output };
  } catch (error) {
    if (error instanceof RefusedRun) return { command, error: `refused: ${error.message}`, retryable: false, output: "" };
    return { command, error: `not started: ${sentenceOf(error)}`, retryable: true, output: "" };
  }
}

/** @param stopped why it was stopped, if it was: a command that takes the asking as its end may still exit with 0, and has not done its work */
function errorOf({ exitCode, signal }: CommandEnd, stopped: string | false): string | null {
  if (stopped !== false) return stopped;
  if (signal !== null) return `killed by ${signal}`;
  return exitCode === 0 ? null : `exit code ${exitCode}`;
}

/** With what the faults say: who reads it at the run has no agent's log at hand. */
function sentenceOf(error: unknown): string {
  const faults = error instanceof CliError ? error.faults.map(({ pointer, message }) => ` ${pointer} ${message}.`) : [];
  return `${(error as Error).message}${faults.join("")}`;
}
