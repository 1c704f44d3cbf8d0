import { type RunState, type TerminalRunState, terminalRunStates } from "@punctual/contract";

/** What can happen to a run. */
export type RunEvent = "claim" | "succeed" | "fail" | "give_up" | "lose" | "hand_back" | "wake" | "cancel" | "retry";

/**
 * The one transition table. The TypeScript unions, the CHECK constraints of live_runs and finished_runs and the picture in docs/concepts/runs.md are
 * compared with it by tests. A run is born ready, running or skipped, by firing its occurrence.
 */
export const runTransitions = {
  ready: { claim: "running", cancel: "cancelled" },
  running: {
    succeed: "succeeded",
    fail: "waiting",
    give_up: "dead",
    // Its node died or was cut off: the attempt counts as lost, and the retry policy decides between waiting and dead (give_up).
    lose: "waiting",
    // Its node stops and never began the attempt, so that none is spent.
    hand_back: "ready",
    cancel: "cancelled",
  },
  waiting: { wake: "ready", cancel: "cancelled" },
  succeeded: {},
  // By hand: the run keeps its id and its attempts, and gets another one.
  dead: { retry: "ready" },
  cancelled: { retry: "ready" },
  skipped: {},
} as const satisfies { readonly [S in RunState]: Partial<Record<RunEvent, RunState>> };

export const bornStates = ["ready", "running", "skipped"] as const satisfies readonly RunState[];

/** The state after `event`, or null when that cannot happen in `state`. */
export function transition(state: RunState, event: RunEvent): RunState | null {
  const events: Partial<Record<RunEvent, RunState>> = runTransitions[state];
  return events[event] ?? null;
}

/** Whether a run in this state has ended: only a person's wish makes it live again. */
export function isTerminal(state: RunState): state is TerminalRunState {
  return (terminalRunStates as readonly RunState[]).includes(state);
}
