import type { FailureClass } from "@punctual/contract";
import { LRUCache } from "lru-cache";
import * as model from "../model/breaker.ts";
import { askForRetry, earn, newBudget, type RetryBudget } from "../model/retry-budget.ts";
import type { OriginOf } from "../store/breaker-holds.ts";
import type { BreakerRow } from "../store/breakers.ts";
import { monotonicMs } from "./node-clock.ts";

/** What this node knows of a breaker, and what it may let through by itself. */
export type KnownBreaker = Readonly<OriginOf> & {
  readonly target: string;
  readonly state: BreakerRow["state"];
  readonly forced: BreakerRow["forced"];
  /** Null until the database has said so: opened by this node a moment ago. */
  readonly epoch: number | null;
  /** Monotonic; an attempt that began before tells nothing of this state. */
  readonly sinceMs: number;
  /** Monotonic; null when none is due. */
  readonly probeDueMs: number | null;
  readonly probeEveryMs: number;
  /** Monotonic, of the probe that succeeded. */
  readonly healedMs: number | null;
  /** Runs that may begin although it is not closed. */
  readonly grants: number;
  /** What this node may let out but has not, in parts of a run, and up to when that is counted, in ms since it healed. */
  readonly owed: number;
  readonly countedMs: number;
  readonly window: model.OutcomeWindow;
};

/** A change that this node wants, for the loop to write. */
export type Wish = { to: "open" | "recovering"; from: KnownBreaker; reason: string };

export type EndedAttempt = OriginOf & {
  target: () => string;
  attempt: number;
  /** Monotonic. */
  beganMs: number;
  failureClass: FailureClass | null;
  statusCode: number | null;
};

/** free: nothing is held off; granted: this one may begin, with `spend`; held: it waits. */
export type Pass = "free" | "granted" | "held";

/** What the engine asks of breakers and retry budgets. All of it is memory: a look-up for each run. */
export type Breakers = {
  pass(tenantId: number, origin: number): Pass;
  /** A run with a granted pass begins. */
  spend(tenantId: number, origin: number): void;
  /** @returns how long a retry has to wait for its share of the origin's traffic; 0 when it may begin */
  askForRetry(tenantId: number, origin: number): number;
  observe(ended: EndedAttempt): void;
};

export type BreakerView = Breakers & {
  all(): readonly KnownBreaker[];
  /** So many more runs of it may begin here. */
  grant(to: KnownBreaker, runs: number): void;
  /**
   * How many runs of it this node may let out now: its share of the pace, never more than the origin has room for here. Counted as let out. What a slow origin
   * leaves of its pace is kept for a second and then lost.
   */
  takeAllowance(of: KnownBreaker, share: number, room: number): number;
  /** What the database says now. */
  replace(rows: readonly BreakerRow[], readMs: number): void;
  /** Wishes are kept until the database has an answer to them. */
  wishes: Map<number, Wish>;
  openCount(): number;
};

type Watched = { window: model.OutcomeWindow; budget: RetryBudget };
/** Origins that a node looks after at once; one that is forgotten begins with an empty window. */
const watchedMost = 10_000;

/** A node that slept does not make up for it. */
const longestStepMs = 1_000;

/** Exact: tenants are fewer than 2^21. */
const keyOf = (tenantId: number, origin: number): number => tenantId * 2 ** 32 + (origin >>> 0);

/** @param onWish the loop has something to write */
export function createBreakerView(onWish: () => void): BreakerView {
  let known = new Map<number, KnownBreaker>();
  const watched = new LRUCache<number, Watched>({ max: watchedMost });
  const wishes = new Map<number, Wish>();

  const watchedOf = (key: number): Watched => watched.get(key) ?? { window: model.noOutcomes, budget: newBudget(monotonicMs()) };

  const wish = (key: number, made: Wish): void => {
    // Believed at once: what is under way would otherwise go on beginning until the database has answered.
    known.set(key, { ...made.from, state: made.to, epoch: null, sinceMs: monotonicMs(), grants: 0, window: model.noOutcomes });
    wishes.set(key, made);
    onWish();
  };

  const observeWell = (key: number, ended: EndedAttempt, verdict: "good" | "bad"): void => {
    const { window: before, budget } = watchedOf(key);
    const window = model.withOutcome(before, verdict, monotonicMs(), model.watchWell);
    const failing = verdict === "bad" && model.isFailing(window, model.watchWell);
    watched.set(key, { window: failing ? model.noOutcomes : window, budget: ended.attempt === 1 ? earn(budget) : budget });
    if (!failing || known.get(key)?.forced === "closed") return;
    const { tenantId, origin } = ended;
    wish(key, { to: "open", from: unknownBreaker({ tenantId, origin, target: ended.target() }), reason: reasonOf(window, ended) });
  };

  const observeKnown = (key: number, breaker: KnownBreaker, ended: EndedAttempt, verdict: "good" | "bad"): void => {
    if (breaker.forced !== null || breaker.epoch === null || ended.beganMs < breaker.sinceMs) return;
    if (breaker.state === "open") {
      if (verdict === "good") wish(key, { to: "recovering", from: breaker, reason: "a probe succeeded" });
      return;
    }
    const window = model.withOutcome(breaker.window, verdict, monotonicMs(), model.watchRecovery);
    known.set(key, { ...breaker, window });
    if (verdict === "bad" && model.isFailing(window, model.watchRecovery))
      wish(key, { to: "open", from: breaker, reason: `${reasonOf(window, ended)} while it recovered` });
  };

  return {
    wishes,
    pass(tenantId, origin) {
      const breaker = known.get(keyOf(tenantId, origin));
      if (breaker === undefined || breaker.state === "closed") return "free";
      if (breaker.grants >= 1) return "granted";
      return isAtFullPace(breaker) ? "free" : "held";
    },
    spend(tenantId, origin) {
      const key = keyOf(tenantId, origin);
      const breaker = known.get(key);
      if (breaker) known.set(key, { ...breaker, grants: breaker.grants - 1 });
    },
    grant(to, runs) {
      const key = keyOf(to.tenantId, to.origin);
      const breaker = known.get(key);
      // Its state may have changed since the loop looked at it.
      if (breaker?.epoch === to.epoch) known.set(key, { ...breaker, grants: breaker.grants + runs });
    },
    takeAllowance(of, share, room) {
      const free = Math.max(0, room - of.grants);
      if (of.state === "closed" || of.healedMs === null || isAtFullPace(of)) return free;
      const countedMs = monotonicMs() - of.healedMs;
      const lastMs = Math.max(0, countedMs - longestStepMs);
      const earned = (fromMs: number): number => share * (model.allowedBy(countedMs) - model.allowedBy(fromMs));
      const most = Math.max(1, earned(lastMs));
      const owed = Math.min(most, of.owed + earned(Math.max(of.countedMs, lastMs)));
      const runs = Math.max(0, Math.min(Math.floor(owed), free, Math.ceil(most) - of.grants));
      const key = keyOf(of.tenantId, of.origin);
      if (known.get(key)?.epoch === of.epoch) known.set(key, { ...of, owed: owed - runs, countedMs });
      return runs;
    },
    askForRetry(tenantId, origin) {
      const key = keyOf(tenantId, origin);
      const { window, budget } = watchedOf(key);
      const asked = askForRetry(budget, monotonicMs(), Math.random());
      watched.set(key, { window, budget: asked.budget });
      return asked.waitMs;
    },
    observe(ended) {
      const verdict = model.verdictOn(ended.failureClass, ended.statusCode);
      if (verdict === null) return;
      const key = keyOf(ended.tenantId, ended.origin);
      const breaker = known.get(key);
      if (breaker === undefined || breaker.state === "closed") observeWell(key, ended, verdict);
      else observeKnown(key, breaker, ended, verdict);
    },
    all: () => [...known.values()],
    replace(rows, readMs) {
      const next = new Map<number, KnownBreaker>();
      for (const row of rows) {
        const key = keyOf(row.tenant_id, row.origin);
        next.set(key, merge(known.get(key), row, readMs));
      }
      // What this node believes ahead of the database stays until its wish is answered.
      for (const key of wishes.keys()) {
        const ahead = known.get(key);
        if (ahead) next.set(key, ahead);
      }
      known = next;
    },
    openCount: () => [...known.values()].filter(({ state }) => state !== "closed").length,
  };
}

/** Whether a breaker that recovers bounds nothing any more, apart from the order in which held runs come out. */
export function isAtFullPace({ healedMs }: KnownBreaker): boolean {
  return healedMs !== null && model.isAtFullPace(monotonicMs() - healedMs);
}

function unknownBreaker(at: OriginOf & { target: string }): KnownBreaker {
  return {
    ...at,
    state: "closed",
    forced: null,
    epoch: null,
    sinceMs: monotonicMs(),
    probeDueMs: null,
    probeEveryMs: model.firstProbeMs,
    healedMs: null,
    grants: 0,
    owed: 0,
    countedMs: 0,
    window: model.noOutcomes,
  };
}

/** The row as it is now, with what this node has counted of this very state. */
function merge(before: KnownBreaker | undefined, row: BreakerRow, readMs: number): KnownBreaker {
  const said = {
    tenantId: row.tenant_id,
    origin: row.origin,
    target: row.target,
    state: row.state,
    forced: row.forced,
    epoch: row.epoch,
    probeDueMs: row.probe_in_ms === null ? null : readMs + row.probe_in_ms,
    probeEveryMs: row.probe_every_ms ?? model.firstProbeMs,
    healedMs: row.healed_for_ms === null ? null : readMs - row.healed_for_ms,
  };
  if (before?.epoch === row.epoch) return { ...before, ...said };
  return { ...unknownBreaker(said), ...said };
}

/** What people read: numbers and a class, never what a target answered. */
function reasonOf(window: model.OutcomeWindow, { failureClass, statusCode }: EndedAttempt): string {
  const bad = window.bad + window.badBefore;
  const last = statusCode === null ? failureClass : `status ${statusCode}`;
  return `${bad} of the last ${bad + window.good + window.goodBefore} attempts failed, the last one with ${last}`;
}
