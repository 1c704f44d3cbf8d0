import type { Recurrence } from "./kinds/recurrence.ts";
import type { Schedule } from "./schedule.ts";

/** What to do with occurrences that are older than the misfire window: run the last of them, all of them, or none. */
export type MisfirePolicy = "latest" | "all" | "skip";

/** An occurrence and what becomes of it. */
export type DueOccurrence = { nominalMs: number; verdict: "run" | "skip"; reason?: "misfire" };

export type DueInput = {
  /** The first occurrence not yet handled: the schedule's own occurrence at this instant, if it is one, counts. */
  cursorMs: number;
  nowMs: number;
  /** Occurrences that are not older than this all run. */
  windowMs: number;
  policy: MisfirePolicy;
  /** The most occurrences to list, at least 1. */
  limit: number;
};

/** Occurrences in a row that are skipped, both ends included. `count` is what there are, or where `isExact` is false what there are at least. */
export type SkippedRange = { fromMs: number; toMs: number; count: number; isExact: boolean };

/** More are not counted one by one: some 10 ms of work. */
const mostCounted = 100_000;

/** The page that was asked for, and the cursor to ask for the next one with: null when the schedule is over. */
export type DuePage = { occurrences: DueOccurrence[]; nextMs: number | null };

/**
 * Lists the occurrences that are due, in order, with a verdict for each one: none is passed over in silence. `nextMs` is the new
 * cursor; it is still due itself when the page was full.
 *
 * The verdict on an occurrence depends on the schedule, on `nowMs`, window and policy, never on how the pages are cut: "the latest" is looked up
 * in the schedule, not remembered from the page.
 */
export function enumerateDue(schedule: Pick<Recurrence, "next" | "previous">, input: DueInput): DuePage {
  const { cursorMs, nowMs, limit } = input;
  const windowStartMs = nowMs - input.windowMs;
  // Only this one of the old occurrences runs under "latest". It is looked up once, and not at all when nothing is old.
  const latestOldMs = input.policy === "latest" && cursorMs < windowStartMs ? schedule.previous(windowStartMs) : null;

  const occurrences: DueOccurrence[] = [];
  let nominalMs = schedule.next(cursorMs - 1);
  while (nominalMs !== null && nominalMs <= nowMs && occurrences.length < limit) {
    const runs = nominalMs >= windowStartMs || input.policy === "all" || nominalMs === latestOldMs;
    occurrences.push(runs ? { nominalMs, verdict: "run" } : { nominalMs, verdict: "skip", reason: "misfire" });
    nominalMs = schedule.next(nominalMs);
  }
  return { occurrences, nextMs: nominalMs };
}

/**
 * As {@link enumerateDue}, with the skipped occurrences as one range instead of a row each, so that a schedule of seconds that was
 * held up for a year costs no more than one of a minute. All that is skipped lies in a row: what is older than the window, but for the latest.
 *
 * @returns the range on the first page only: the cursor of every later one is behind it
 */
export function enumerateDueRanges(schedule: Schedule, input: DueInput): DuePage & { skipped: SkippedRange | null } {
  const windowStartMs = input.nowMs - input.windowMs;
  if (input.policy === "all" || input.cursorMs >= windowStartMs) return { ...enumerateDue(schedule, input), skipped: null };
  const latestOldMs = schedule.previous(windowStartMs);
  const cursorMs = input.policy === "latest" && latestOldMs !== null ? Math.max(latestOldMs, input.cursorMs) : windowStartMs;
  const skipped = skippedRange(schedule, input.cursorMs, cursorMs);
  return { ...enumerateDue(schedule, { ...input, cursorMs }), skipped };
}

/** The occurrences from one instant up to another, which is not included. */
function skippedRange(schedule: Schedule, fromMs: number, endMs: number): SkippedRange | null {
  const first = schedule.next(fromMs - 1);
  const last = schedule.previous(endMs);
  if (first === null || last === null || first > last) return null;
  if (schedule.countBetween !== undefined) return { fromMs: first, toMs: last, count: schedule.countBetween(first, last), isExact: true };
  const count = schedule.count(first, last, mostCounted);
  return { fromMs: first, toMs: last, count, isExact: count < mostCounted };
}
