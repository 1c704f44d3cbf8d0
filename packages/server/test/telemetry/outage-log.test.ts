import { describe, expect, it } from "vitest";
import type { Event } from "../../src/telemetry/events.ts";
import { createOutageLog } from "../../src/telemetry/outage-log.ts";

const error = new Error("connect ECONNREFUSED");
const failed = (loop: string): Event => ({ type: "loop_failed", loop, error, databaseAway: true });
const renewed: Event = { type: "lease_renewed", nodeId: 1 };

/** What is told of events, each at its millisecond. */
function told(...course: [number, Event][]): Event[] {
  const said: Event[] = [];
  let nowMs = 0;
  const emit = createOutageLog(
    (event) => void said.push(event),
    () => nowMs,
  );
  for (const [atMs, event] of course) {
    nowMs = atMs;
    emit(event);
  }
  return said.filter((event) => event.type !== "lease_renewed");
}

/** Two loops that fail in turn, 35 times a second together. */
function failures(fromMs: number, toMs: number): [number, Event][] {
  const count = Math.floor(((toMs - fromMs) * 35) / 1_000);
  return Array.from({ length: count }, (_, n) => [fromMs + Math.floor((n * 1_000) / 35), failed(n % 2 === 0 ? "fire" : "claim")]);
}

describe("an outage of the database is told in a few lines", () => {
  it("the first failure at once, then one summary every five seconds with what failed since the begin", () => {
    const [first, ...summaries] = told(...failures(1_000, 17_000));
    expect(first).toEqual(failed("fire"));
    expect(summaries).toHaveLength(3);
    expect(summaries[0]).toMatchObject({ type: "outage_lasts", forMs: 5_000, failures: 176, loops: ["claim", "fire"], error });
    expect(summaries[2]).toMatchObject({ type: "outage_lasts", forMs: 15_000, failures: 526 });
  });

  it("its end once, with the time until the first answer", () => {
    const said = told(...failures(0, 4_000), [4_500, renewed], [5_500, renewed], [6_500, renewed], [7_500, renewed]);
    expect(said.map(({ type }) => type)).toEqual(["loop_failed", "outage_over"]);
    expect(said[1]).toEqual({ type: "outage_over", forMs: 4_500, failures: 140 });
  });

  it("goes on while some statements fail and others do not", () => {
    const mixed: [number, Event][] = Array.from({ length: 4 }, (_, second) => [second * 1_000 + 500, renewed]);
    const course = [...failures(0, 4_000), ...mixed].sort(([a], [b]) => a - b);
    expect(told(...course)).toEqual([failed("fire")]);
  });

  it("and the next one anew", () => {
    const said = told([0, failed("fire")], [100, renewed], [2_100, renewed], [3_000, failed("claim")]);
    expect(said).toEqual([failed("fire"), { type: "outage_over", forMs: 100, failures: 1 }, failed("claim")]);
  });

  it("while failures with another cause, and all other events, are told as they come", () => {
    const other: Event = { type: "loop_failed", loop: "fire", error, databaseAway: false };
    const left: Event = { type: "node_stopped", nodeId: 1 };
    expect(told([0, other], [1, other], [2, failed("fire")], [3, other], [4, left])).toEqual([other, other, failed("fire"), other, left]);
  });
});
