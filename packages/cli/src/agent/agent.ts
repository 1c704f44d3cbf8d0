import { type Client, FailedRunError, NonRetryableError, Worker, type WorkerRun } from "@punctual/client";
import { limits } from "@punctual/contract";
import { formatDuration } from "@punctual/schedule";
import { type Account, checkUsers } from "./account.ts";
import { readAllowFile } from "./allow-file.ts";
import { carryOut } from "./carry-out.ts";

export type AgentOptions = {
  client: Client;
  queue: string;
  /** What people see beside its runs. */
  name: string;
  allowFile: string;
  concurrency: number;
  /** How long `stop` lets commands go on. */
  drainMs: number;
  own: Account;
  /** Hears of each run's end, and of what stands in the way. */
  tell(line: string): void;
};

export type Agent = {
  /** Takes no more runs, and resolves when no command is left; those that are not over after the drain, or when `hurried` aborts, are stopped. */
  stop(hurried: AbortSignal): Promise<void>;
};

/** Between SIGTERM and SIGKILL. */
const graceMs = 5_000;
/** A piece of a line fits into a line of the log, whatever its characters. */
const lineChars = limits.logLineBytes / 4;

/**
 * Leases the runs of an agent's queue and carries their commands out.
 *
 * @throws CliError for an allow-list that cannot be read, is wrong, or names users that its commands cannot run as
 */
export async function startAgent({ client, queue, name, allowFile, concurrency, drainMs, own, tell }: AgentOptions): Promise<Agent> {
  const commands = await readAllowFile(allowFile, own.uid);
  await checkUsers(commands, own);

  const hurrying = new AbortController();
  const underWay = new Set<Promise<unknown>>();

  const carry = async (run: WorkerRun): Promise<string> => {
    const beganMs = performance.now();
    const signal = AbortSignal.any([run.signal, hurrying.signal]);
    const facts = { runId: run.runId, attempt: run.attempt, nominalAt: run.nominalTime.toISOString(), jobName: run.jobName };
    const { command, error, retryable, output } = await carryOut(
      { ...facts, payload: run.payload, signal, log: run.log },
      { allowFile, own, graceMs, outputBytes: limits.outputBytes, lineChars },
    );
    const took = formatDuration(performance.now() - beganMs);
    tell(`${command} run ${run.runId} attempt ${run.attempt}: ${error ?? "succeeded"} (${took})`);
    if (error === null) return output;
    throw retryable ? new FailedRunError(error, output) : new NonRetryableError(error);
  };

  const handler = async (run: WorkerRun): Promise<string> => {
    const carried = carry(run);
    underWay.add(carried);
    try {
      return await carried;
    } finally {
      underWay.delete(carried);
    }
  };

  const worker = new Worker({ client, queue, name, concurrency, drainMs, handler, onError: troubleTeller(tell) });
  worker.start();
  tell(`leasing from ${queue}, ${commands.size} commands allowed`);
  return {
    async stop(hurried) {
      tell(`leaving: ${underWay.size} commands still run`);
      hurried.addEventListener("abort", () => hurrying.abort(new Error("the agent was told to stop at once")));
      await worker.stop();
      // The worker does not wait as long as a command may take to be killed, and none may outlive the agent.
      await Promise.allSettled(underWay);
    },
  };
}

/** Says what stands in the way once, however often it is met in a row: a server that is away for a night is one line. */
function troubleTeller(tell: (line: string) => void): (error: unknown) => void {
  let last = "";
  return (error) => {
    const text = (error as Error).message;
    if (text !== last) tell(`${text} Trying again.`);
    last = text;
  };
}
