import { type RunState, type TerminalRunState, terminalRunStates } from "@punctual/contract";

/** What can happen to a run. */
export type RunEvent =
  | "claim"
  | "accept"
  | "succeed"
  | "fail"
  | "give_up"
  | "lose"
  | "hand_back"
  | "hold"
  | "wake"
  | "expire"
  | "cancel"
  | "retry"
  | "replay"
  | "backfill";

/**
 * The one transition table. The picture in docs/concepts/runs.md is drawn from it; the contract's states and the CHECK constraints of live_runs and
 * finished_runs, in migrations that are never edited, are compared with it by a test. A run is born by firing its occurrence.
 */
export const runTransitions = {
  // Its target is down: it waits without spending an attempt.
  ready: { claim: "running", hold: "waiting", expire: "skipped", cancel: "cancelled" },
  running: {
    // Its target took it on and completes it later: no node holds it from then on.
    accept: "running",
    succeed: "succeeded",
    fail: "waiting",
    give_up: "dead",
    // Its node died or was cut off: the attempt counts as lost, and the retry policy decides between waiting and dead (give_up).
    lose: "waiting",
    // Its node stops and never began the attempt, so that none is spent.
    hand_back: "ready",
    // Claimed and not begun: its target is down, or has had its share of retries.
    hold: "waiting",
    cancel: "cancelled",
  },
  // It could not begin in time (expire), which only ever happens before the first attempt.
  waiting: { wake: "ready", expire: "skipped", cancel: "cancelled" },
  succeeded: {},
  // By hand: the run keeps its id and its attempts, and gets another one.
  // replay: one of many, so that it waits for its turn.
  dead: { retry: "ready", replay: "waiting" },
  cancelled: { retry: "ready" },
  // Its occurrence is made up for.
  skipped: { backfill: "ready" },
} as const satisfies { readonly [S in RunState]: Partial<Record<RunEvent, RunState>> };

/** Waiting when it is held from the beginning: by a breaker, or for the run before it. */
export const bornStates = ["ready", "running", "waiting", "skipped"] as const satisfies readonly RunState[];

/** The state after `event`, or null when that cannot happen in `state`. */
export function transition(state: RunState, event: RunEvent): RunState | null {
  const events: Partial<Record<RunEvent, RunState>> = runTransitions[state];
  return events[event] ?? null;
}

/** Whether a run in this state has ended: only a person's wish makes it live again. */
export function isTerminal(state: RunState): state is TerminalRunState {
  return (terminalRunStates as readonly RunState[]).includes(state);
}
