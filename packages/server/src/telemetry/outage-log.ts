import type { Emit, Event } from "./events.ts";

type LoopFailed = Extract<Event, { type: "loop_failed" }>;

type Outage = {
  sinceMs: number;
  failures: number;
  lastFailureMs: number;
  saidMs: number;
  /** Which loops failed since something was said. */
  loops: Set<string>;
  /** The first answer after the last failure. */
  answeredMs: number | null;
};

const summaryEveryMs = 5_000;
/**
 * Without a failure for so long, an outage is over. A loop tries again after half a second at most, and a lease is renewed each second: while only some statements
 * fail, as with a locked table or no connection left, one answer in between does not end it.
 */
const calmMs = 2_000;

/**
 * Before the words are made: while the database is away a node's loops fail some 35 times a second. The first failure is told as it is, the others as one summary
 * every five seconds, and the end once. All other events go through untouched, failures that have another cause among them.
 *
 * @param nowMs monotonic
 */
export function createOutageLog(say: Emit, nowMs: () => number = () => performance.now()): Emit {
  let outage: Outage | null = null;

  const failed = (event: LoopFailed): void => {
    const atMs = nowMs();
    if (outage === null) {
      outage = { sinceMs: atMs, failures: 1, lastFailureMs: atMs, saidMs: atMs, loops: new Set(), answeredMs: null };
      return say(event);
    }
    outage.failures++;
    outage.loops.add(event.loop);
    Object.assign(outage, { lastFailureMs: atMs, answeredMs: null });
    if (atMs - outage.saidMs < summaryEveryMs) return;
    const { sinceMs, failures, loops } = outage;
    say({ type: "outage_lasts", forMs: atMs - sinceMs, failures, loops: [...loops], error: event.error });
    Object.assign(outage, { saidMs: atMs, loops: new Set() });
  };
  const answered = (): void => {
    if (outage === null) return;
    const atMs = nowMs();
    outage.answeredMs ??= atMs;
    if (atMs - outage.lastFailureMs < calmMs) return;
    say({ type: "outage_over", forMs: outage.answeredMs - outage.sinceMs, failures: outage.failures });
    outage = null;
  };
  return (event) => {
    if (event.type === "loop_failed" && event.databaseAway) return failed(event);
    if (event.type === "lease_renewed") answered();
    say(event);
  };
}
