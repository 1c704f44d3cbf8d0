import type { Target as TargetSpec } from "@punctual/contract";
import type { AttemptOutcome, Target } from "../../src/targets/port.ts";
import type { Manners } from "./jobs.ts";
import type { Chance } from "./random.ts";
import type { Life } from "./timeline.ts";

/** An attempt as its target saw it. */
export type Begun = {
  runId: string;
  attempt: number;
  life: Life;
  nominalMs: number;
  /** The database's time. */
  atMs: number;
  endedMs: number | null;
  /** Null while it goes on, and for ever when its node died. */
  outcome: "succeeded" | "failed" | "cancelled" | null;
};

export type Ledger = {
  begun: Begun[];
  /** The target as this boot of a node reaches it. */
  targetFor(life: Life): Target<TargetSpec>;
};

export type LedgerOptions = { chance: Chance; nowMs(): number; mannersOf(jobId: string): Manners; onBegun(begun: Begun): void };

const nothing = { output: null, outputTruncated: false };
const failure = { ok: false as const, ...nothing, retryAfterMs: null, retryForbidden: false, mayHaveBeenSeen: true };
/** 429: it is retried, and says nothing against its origin, so that no breaker opens and keeps runs for minutes. */
const tooMany = { ...failure, failureClass: "http_status" as const, statusCode: 429, message: "too many" };
const aborted = { ...failure, failureClass: "cancelled" as const, statusCode: null, message: "aborted" };

/** A target that calls nothing, and notes each attempt before anything else happens. */
export function createLedger({ chance, nowMs, mannersOf, onBegun }: LedgerOptions): Ledger {
  const begun: Begun[] = [];
  const targetFor = (life: Life): Target<TargetSpec> => ({
    type: "http",
    check: () => [],
    originOf: (spec) => (spec as { url: string }).url,
    attempt(request, signal) {
      if (signal.aborted) return Promise.resolve(aborted);
      const { runId, attempt, nominalAt, jobId } = request;
      const entry: Begun = { runId, attempt, life, nominalMs: nominalAt, atMs: nowMs(), endedMs: null, outcome: null };
      begun.push(entry);
      onBegun(entry);
      const { fails, longestMs } = mannersOf(jobId);
      const isFailing = attempt < 4 && chance.happens(fails);
      return new Promise((resolve) => {
        const end = (outcome: AttemptOutcome, as: Begun["outcome"]): void => {
          clearTimeout(timer);
          entry.outcome ??= as;
          entry.endedMs ??= nowMs();
          resolve(outcome);
        };
        const settled: AttemptOutcome = isFailing ? tooMany : { ok: true, statusCode: 200, ...nothing };
        const timer = setTimeout(() => end(settled, isFailing ? "failed" : "succeeded"), chance.between(1, longestMs));
        signal.addEventListener("abort", () => end(aborted, "cancelled"));
      });
    },
    close: () => Promise.resolve(),
  });
  return { begun, targetFor };
}
