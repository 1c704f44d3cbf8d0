import { afterEach, describe, expect, it, vi } from "vitest";
import { startTurn } from "../../src/engine/turn.ts";

afterEach(() => vi.restoreAllMocks());

describe("a turn", () => {
  it("is over after a few milliseconds, and what came in meanwhile has its own before the next", async () => {
    let nowNs = 0n;
    vi.spyOn(process.hrtime, "bigint").mockImplementation(() => nowNs);
    const turn = startTurn();
    nowNs = 3_000_000n;
    expect(turn.isOver()).toBe(false);
    nowNs = 4_000_000n;
    expect(turn.isOver()).toBe(true);
    const order: string[] = [];
    setImmediate(() => order.push("another"));
    await turn.next();
    order.push("mine");
    expect(order).toEqual(["another", "mine"]);
    expect(turn.isOver()).toBe(false);
  });
});
