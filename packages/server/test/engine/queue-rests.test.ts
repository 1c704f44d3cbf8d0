import { describe, expect, it } from "vitest";
import { createQueueRests } from "../../src/engine/queue-rests.ts";

describe("a queue that cannot go on rests", () => {
  const queue = { shard: 3, queue: 700 };
  it("until a run of its shard ends, when it waits for a place", () => {
    const rests = createQueueRests();
    rests.rest(queue, { blocked: "concurrency", retryInMs: null }, 0);
    expect([rests.resting(), rests.nextMs()]).toEqual([[700], 1_000]);
    expect([rests.placeFree(4), rests.placeFree(3), rests.placeFree(3)]).toEqual([false, true, false]);
    expect([rests.resting(), rests.nextMs()]).toEqual([[], Number.POSITIVE_INFINITY]);
  });

  it("until its next token, and no longer than a second", () => {
    const rests = createQueueRests();
    rests.rest(queue, { blocked: "rate", retryInMs: 40 }, 0);
    rests.rest({ shard: 4, queue: 800 }, { blocked: "rate", retryInMs: 90_000 }, 0);
    expect(rests.placeFree(3)).toBe(false);
    expect([rests.over(39), rests.over(40), rests.over(999), rests.over(1_000)]).toEqual([[], [3], [], [4]]);
  });

  it("until another of its runs is ready, when none of those before could begin, and not for a full queue", () => {
    const rests = createQueueRests();
    rests.rest(queue, { blocked: "concurrency", retryInMs: null }, 0);
    rests.rest({ shard: 3, queue: 800 }, { blocked: null, retryInMs: null }, 0);
    rests.runReady(4);
    expect(rests.resting()).toEqual([700, 800]);
    rests.runReady(3);
    expect(rests.resting()).toEqual([700]);
  });

  it("until its settings may have changed", () => {
    const rests = createQueueRests();
    rests.rest(queue, { blocked: "paused", retryInMs: null }, 0);
    rests.clear([4]);
    expect(rests.resting()).toEqual([700]);
    rests.clear(null);
    expect(rests.resting()).toEqual([]);
  });
});
