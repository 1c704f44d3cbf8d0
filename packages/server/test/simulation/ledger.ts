import type { Target as TargetSpec } from "@punctual/contract";
import type { Target } from "../../src/targets/port.ts";
import type { Manners } from "./jobs.ts";
import type { Chance } from "./random.ts";
import type { Life } from "./timeline.ts";

/** An attempt as its target saw it. */
export type Begun = {
  runId: string;
  attempt: number;
  life: Life;
  nominalMs: number;
  /** Of a worker; a node has its ids. */
  holder: number | null;
  /** The database's time. */
  atMs: number;
  endedMs: number | null;
  /** Null while it goes on, and for ever when its node died. */
  outcome: "succeeded" | "failed" | "cancelled" | null;
};

/** What is begun, by whomever; a worker has a lease of its own, under a holder of its own. */
export type Beginning = { runId: string; jobId: string; attempt: number; nominalMs: number; holder?: number };

export type Ledger = {
  begun: Begun[];
  /** @returns how long the attempt takes, and what to call when it has, or when it is given up before */
  begin(life: Life, beginning: Beginning): { durationMs: number; end: () => "succeeded" | "failed"; stop: () => void };
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
  const begin: Ledger["begin"] = (life, { runId, jobId, attempt, nominalMs, holder = null }) => {
    const entry: Begun = { runId, attempt, life, nominalMs, holder, atMs: nowMs(), endedMs: null, outcome: null };
    begun.push(entry);
    onBegun(entry);
    const { fails, longestMs } = mannersOf(jobId);
    const as = attempt < 4 && chance.happens(fails) ? "failed" : "succeeded";
    const end = (): typeof as => {
      note(entry, as);
      return as;
    };
    return { durationMs: chance.between(1, longestMs), end, stop: () => note(entry, "cancelled") };
  };
  const note = (entry: Begun, as: Begun["outcome"]): void => {
    entry.outcome ??= as;
    entry.endedMs ??= nowMs();
  };
  const targetFor = (life: Life): Target<TargetSpec> => ({
    type: "http",
    check: () => [],
    originOf: (spec) => (spec as { url: string }).url,
    attempt({ runId, jobId, attempt, nominalAt }, signal) {
      if (signal.aborted) return Promise.resolve(aborted);
      const { durationMs, end, stop } = begin(life, { runId, jobId, attempt, nominalMs: nominalAt });
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(end() === "failed" ? tooMany : { ok: true, statusCode: 200, ...nothing }), durationMs);
        const abort = (): void => {
          clearTimeout(timer);
          stop();
          resolve(aborted);
        };
        signal.addEventListener("abort", abort);
      });
    },
    close: () => Promise.resolve(),
  });
  return { begun, begin, targetFor };
}
