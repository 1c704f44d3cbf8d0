import type {
  DeadLetter,
  DeadLetterCount,
  DeadLetterDetail,
  DeadLetterFilter,
  DeadLetterPage,
  DiscardDeadLettersBody,
  DiscardedDeadLetters,
  ListDeadLettersQuery,
  ReplayDeadLettersBody,
  ReplayedDeadLetters,
  Run,
} from "@punctual/contract";
import type { Call } from "../call.ts";
import { iteratePages } from "../pages.ts";

type Keyed = { idempotencyKey?: string };

/** Runs that used up their attempts, and what is to become of them. Every function throws PunctualApiError. */
export function createDeadLetters(call: Call) {
  const list = (query: ListDeadLettersQuery = {}): Promise<DeadLetterPage> => call("listDeadLetters", { query });
  return {
    /** One page, latest nominal time first. */
    list,
    /** Every dead letter that matches, page after page. */
    iterate: (query: ListDeadLettersQuery = {}): AsyncGenerator<DeadLetter, void, undefined> => iteratePages(list, query),
    /** How many match, up to a bound. */
    count: (query: DeadLetterFilter = {}): Promise<DeadLetterCount> => call("countDeadLetters", { query }),
    /** With all attempts, the last request and the last response. */
    get: (runId: string): Promise<DeadLetterDetail> => call("getDeadLetter", { params: { runId } }),
    /** Gives one another attempt, at once. */
    replay: (runId: string): Promise<Run> => call("replayDeadLetter", { params: { runId } }),
    /** One request's worth of those that match, at a pace; go on with `nextCursor`. */
    replayMany: (body: ReplayDeadLettersBody, { idempotencyKey }: Keyed = {}): Promise<ReplayedDeadLetters> =>
      call("replayDeadLetters", { body, idempotencyKey }),
    discard: (runId: string, body: { reason?: string } = {}): Promise<DeadLetter> => call("discardDeadLetter", { params: { runId }, body }),
    /** One request's worth of those that match; go on with `nextCursor`. */
    discardMany: (body: DiscardDeadLettersBody, { idempotencyKey }: Keyed = {}): Promise<DiscardedDeadLetters> =>
      call("discardDeadLetters", { body, idempotencyKey }),
    /** Writes the note, in the place of the one there is; null removes it. */
    note: (runId: string, note: string | null): Promise<DeadLetter> => call("noteDeadLetter", { params: { runId }, body: { note } }),
  };
}
