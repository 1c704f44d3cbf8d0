import type { QueueBlock } from "@punctual/contract";
import { formatDuration } from "@punctual/schedule";
import type { QueueLimits } from "./queue-limits.ts";

/** What is known of a queue at one moment. */
export type QueueFacts = {
  limits: QueueLimits;
  paused: { reason: string | null } | null;
  ready: number;
  running: number;
  /** Until the next token of its rate; null when there is one, or no rate. */
  tokenInMs: number | null;
  /** Whether any ready run is of a key with a free place, or of none. */
  anyKeyFree: boolean;
  /** Whether only workers may take the ready runs. */
  onlyPulled: boolean;
  /** How long the longest waiting ready run has been due. */
  oldestMs: number;
};

/** A run younger than this is not waiting, it is on its way. */
const onItsWayMs = 2_000;

/** Why the head of a queue waits, the strongest reason first; null when nothing is ready, or nothing keeps it. */
export function whyBlocked(facts: QueueFacts): { reason: QueueBlock; message: string } | null {
  const { limits, paused, ready, running, tokenInMs } = facts;
  if (ready === 0) return null;
  if (paused) return { reason: "paused", message: `The queue is paused${paused.reason === null ? "." : `: ${paused.reason}`}` };
  if (limits.concurrency !== null && running >= limits.concurrency) {
    return { reason: "concurrency", message: `${running} of its runs are under way, and its concurrency is ${limits.concurrency}.` };
  }
  if (limits.rate !== null && tokenInMs !== null) {
    const rate = `${limits.rate.limit} a ${formatDuration(limits.rate.periodMs)}`;
    return {
      reason: "rate",
      message: `Its rate of ${rate} is used up; the next run may begin in ${formatDuration(Math.ceil(tokenInMs))}.`,
    };
  }
  if (limits.keyConcurrency !== null && !facts.anyKeyFree) {
    return {
      reason: "key_concurrency",
      message: `Every concurrency key that has ready runs has ${limits.keyConcurrency} under way already.`,
    };
  }
  if (facts.oldestMs < onItsWayMs) return null;
  if (facts.onlyPulled) return { reason: "no_worker", message: "Its runs wait for a worker to ask for them, and none does." };
  return {
    reason: "slots",
    message: "The node that owns the queue's shard has no free slot for them, or their target has its share of slots.",
  };
}
