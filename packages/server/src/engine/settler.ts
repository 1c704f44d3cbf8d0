import { type Database, isUnavailable } from "../store/database.ts";
import { type AttemptResult, settleAnew } from "../store/dispatching.ts";
import type { Emit } from "../telemetry/events.ts";
import { retryDelayMs, startLoop } from "./loop.ts";

export type Settler = {
  /** Takes a result to be written with the next batch; it is kept until the database has it, and `andThen` is called then. */
  add(result: AttemptResult, andThen?: () => void): void;
  /** Whether a result of the run waits to be written. */
  has(runId: string): boolean;
  /** So many results wait to be written that nothing more should begin: the database would only fall further behind, and memory fill up. */
  isBehind(): boolean;
  /** Resolves when all results so far are written, or the deadline passes. @returns whether all are */
  flush(deadlineMs: number): Promise<boolean>;
  stop(): Promise<void>;
};

type Waiting = { result: AttemptResult; andThen: (() => void) | undefined };

const batchMost = 1_000;
/** A few batches: enough that the next one is always there, and a second's work in memory at most. */
const behindAt = 5_000;
/** How long a first result waits for company: nobody waits for it, and fewer commits leave the disk to those that fire. */
const gatherMs = 8;
const unstorable = "the answer could not be stored";
/** Every result wakes the loop, so that this is only how long it sleeps without any. */
const idleMs = 60_000;

/**
 * Writes results in batches: while one commits, the next gathers, so that batches grow with the load by themselves. A second writer takes only full batches: under
 * less load it would make two small commits of one, under more load one alone leaves the database waiting.
 */
export function startSettler(db: Database, emit: Emit, onWritten: (results: readonly AttemptResult[]) => void): Settler {
  let queue: Waiting[] = [];
  const underWay = new Set<readonly Waiting[]>();
  const emptied: (() => void)[] = [];
  let gathering = false;

  const isEmpty = (): boolean => queue.length === 0 && underWay.size === 0;

  const look = async (): Promise<number> => {
    if (queue.length === 0) return idleMs;
    if (!gathering && queue.length < batchMost) {
      gathering = true;
      return gatherMs;
    }
    gathering = false;
    await writeNext();
    return 0;
  };

  const lookForFullBatch = async (): Promise<number> => {
    if (queue.length < batchMost) return idleMs;
    await writeNext();
    return 0;
  };

  const writeNext = async (): Promise<void> => {
    const batch = queue.slice(0, batchMost);
    queue = queue.slice(batch.length);
    underWay.add(batch);
    try {
      await write(batch);
    } catch (error) {
      queue = [...batch, ...queue];
      throw error;
    } finally {
      underWay.delete(batch);
    }
    onWritten(batch.map(({ result }) => result));
    // Also for a result that was lost to another node, or written before its answer was lost: whoever looks now finds the truth.
    for (const { andThen } of batch) andThen?.();
    if (isEmpty()) for (const resolve of emptied.splice(0)) resolve();
  };

  /** Writes a batch; a batch that PostgreSQL refuses is halved until the one bad result is alone, and that one is written without its texts. */
  const write = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      const { kept, already } = await settleAnew(
        db,
        batch.map(({ result }) => result),
      );
      // A run handed back unbegun that is no longer held is no news: nothing was done that could be lost.
      const lost = batch.filter(({ result }) => result.evidence && !kept.has(result.runId) && !already.has(result.runId));
      if (lost.length > 0) emit({ type: "results_lost", runIds: lost.map(({ result }) => result.runId) });
    } catch (error) {
      if (isUnavailable(error)) throw error;
      if (batch.length > 1) {
        const half = batch.length >> 1;
        await write(batch.slice(0, half));
        return write(batch.slice(half));
      }
      const [only] = batch;
      if (!only) return;
      const { result } = only;
      emit({ type: "result_unstorable", runId: result.runId, error });
      // Not even without its texts: a defect. Dropped, so that the others are written; the run is handed back when the watch finds it held by nobody here.
      if (!result.evidence || result.evidence.error === unstorable) return;
      await write([{ ...only, result: { ...result, evidence: { ...result.evidence, output: null, error: unstorable } } }]);
    }
  };

  const failed = (error: unknown, failures: number): number => {
    emit({ type: "loop_failed", loop: "settle", error, databaseAway: isUnavailable(error) });
    return retryDelayMs(failures);
  };
  const writers = [startLoop({ look, failed }), startLoop({ look: lookForFullBatch, failed })] as const;
  return {
    add: (result, andThen) => {
      queue.push({ result, andThen });
      if (queue.length === 1 || queue.length === batchMost) writers[0].wake();
      if (queue.length === batchMost) writers[1].wake();
    },
    has: (runId) => [queue, ...underWay].some((some) => some.some(({ result }) => result.runId === runId)),
    isBehind: () => queue.length >= behindAt,
    flush: async (deadlineMs) => {
      if (isEmpty()) return true;
      writers[0].wake();
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([
        new Promise<void>((resolve) => emptied.push(resolve)),
        new Promise<void>((resolve) => {
          timer = setTimeout(resolve, deadlineMs);
        }),
      ]);
      clearTimeout(timer);
      return isEmpty();
    },
    stop: async () => {
      await Promise.all(writers.map((writer) => writer.stop()));
    },
  };
}
