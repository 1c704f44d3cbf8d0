import { describe, expect, test } from "vitest";
import { type HighWater, type Remembered, signOfRestore } from "../../src/model/restore-signs.ts";

const hourMs = 3_600_000;
const nowMs = Date.parse("2027-03-01T09:00:00Z");
const here = { monotonicMs: 5_000_000, wallMs: nowMs };
const options = { gapMs: null, clockJumpMs: 60_000 };
const now = { nowMs, systemIdentifier: "7", timeline: 1 };
const mark = (change: Partial<HighWater> = {}): HighWater => ({
  seq: 1_000,
  markedMs: nowMs - 1_000,
  systemIdentifier: "7",
  timeline: 1,
  isCopied: false,
  ...change,
});
/** What a node knows that looked so long ago. */
const remembered = (agoMs: number, seq = 1_000): Remembered => ({
  seq,
  nowMs: nowMs - agoMs,
  monotonicMs: here.monotonicMs - agoMs,
  wallMs: here.wallMs - agoMs,
});
const old = { markedMs: nowMs - hourMs };
const signOf = (...given: Parameters<typeof signOfRestore>): string | null => signOfRestore(...given)?.sign ?? null;

describe("firing goes on", () => {
  test.each<[string, HighWater | null, Remembered | null]>([
    ["before the first mark", null, null],
    ["from one second to the next", mark(), remembered(1_000)],
    ["after an outage, however long, whoever remembers", mark(old), null],
    ["after an outage that a node has lived through", mark(old), remembered(hourMs)],
    ["after a failover, also after an outage, when no data are gone", mark({ ...old, timeline: 2 }), remembered(hourMs)],
    ["after a failover without a node that remembers, when it was quick", mark({ markedMs: nowMs - 20_000, timeline: 2 }), null],
    ["when an asynchronous standby lacked the last seconds", mark({ ...old, timeline: 2 }), remembered(hourMs, 1_010)],
    [
      "after a move to another server that took less than a minute",
      mark({ markedMs: nowMs - 30_000, systemIdentifier: "8", isCopied: true }),
      null,
    ],
    ["when the machine of node and database has slept", mark(old), { ...remembered(1_000), nowMs: nowMs - hourMs, wallMs: nowMs - hourMs }],
    [
      "when this node was stopped while others went on",
      mark(),
      { ...remembered(hourMs, 10), monotonicMs: here.monotonicMs - 1_000, wallMs: nowMs - 1_000 },
    ],
  ])("%s", (_case, given, memory) => {
    expect(signOfRestore(given, now, memory, here, options)).toBeNull();
  });
});

describe("firing stops", () => {
  test.each<[string, HighWater, Remembered | null]>([
    ["copied", mark({ ...old, isCopied: true }), null],
    ["other_server", mark({ ...old, systemIdentifier: "8" }), null],
    ["other_timeline", mark({ ...old, timeline: 2 }), null],
    ["went_back", mark({ ...old, seq: 900 }), remembered(5_000)],
    ["clock_back", mark({ markedMs: nowMs + hourMs }), null],
    ["clock_forward", mark(old), { ...remembered(1_000), nowMs: nowMs - hourMs }],
  ])("with the sign %s", (sign, given, memory) => {
    expect(signOf(given, now, memory, here, options)).toBe(sign);
  });

  test("after a gap only when somebody wants it, and nobody remembers", () => {
    const wanted = { ...options, gapMs: 30 * 60_000 };
    expect(signOf(mark(old), now, null, here, wanted)).toBe("gap");
    expect(signOf(mark(old), now, remembered(hourMs), here, wanted)).toBeNull();
    expect(signOf(mark({ markedMs: nowMs - 60_001 }), now, null, here, wanted)).toBeNull();
  });

  test("and says up to when the data know, and how much lies between", () => {
    expect(signOfRestore(mark({ ...old, isCopied: true }), now, null, here, options)?.detail).toBe(
      "The data end at 2027-03-01T08:00:00.000Z, 1h before the database's clock, and were copied into it: from a dump, or by replication.",
    );
  });
});
