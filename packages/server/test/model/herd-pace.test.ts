import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchShare, type Felt, firstPace, type HerdPace, learnQuiet, nextPace, restAfter } from "../../src/model/herd-pace.ts";

const quick = { tookMs: 2, found: 0, sinceMs: 20 };
const slow = { tookMs: 60, found: 2, sinceMs: 20 };
const after = (looks: readonly Felt[], from: HerdPace = firstPace): HerdPace => looks.reduce(nextPace, from);
const times = (count: number, look: Felt): Felt[] => Array.from({ length: count }, () => look);

describe("the pace of a herd", () => {
  it("begins low and is full soon when nobody is behind it, however slow the machines are", () => {
    expect(firstPace.share).toBeLessThan(0.1);
    expect(after(times(15, quick)).share).toBe(1);
    expect(after([quick, ...times(15, { ...slow, found: 0 })]).share).toBe(1);
  });

  it("is full as soon beside newcomers who do not feel it, and then never less", () => {
    expect(after(times(15, { ...quick, found: 1 })).share).toBe(1);
  });

  it("rises slowly once it was felt: with one slow look in ten it goes on falling, with one in twenty it rises", () => {
    const steady = { ...quick, found: 1 };
    const round = (count: number): Felt[] => [{ ...slow, found: 1 }, ...times(count - 1, steady)];
    const held = after([...times(60, steady), ...times(3, { ...slow, found: 1 })]);
    expect(after(round(10), held).share).toBeLessThan(held.share);
    expect(after(round(20), held).share).toBeGreaterThan(held.share);
    expect(after(round(20), held).share).toBeLessThan(held.share * 1.2);
  });

  it("falls while newcomers have to wait, and rises when they have not", () => {
    const full = after(times(20, quick));
    const held = after(times(20, slow), full);
    expect(held.share).toBeLessThan(0.2);
    expect(after(times(5, { ...quick, found: 1 }), held).share).toBeGreaterThan(held.share);
  });

  it("comes in small batches, not in bursts between rests, as long as somebody is there", () => {
    const full = after(times(20, quick));
    expect(batchShare(full)).toBe(1);
    expect(batchShare(after([{ ...quick, found: 2 }], full))).toBeLessThan(0.1);
  });

  it("is not slowed by one newcomer a second, whom a look of his own and a slot have to do", () => {
    const full = after(times(20, quick));
    const looks = Array.from({ length: 200 }, (_, n) => ({ ...slow, found: n % 50 === 0 ? 1 : 0 }));
    let least = 1;
    for (let at = 0; at < looks.length; at++) least = Math.min(least, after(looks.slice(0, at + 1), full).share);
    expect(least).toBe(1);
  });

  it("takes what a question costs in quiet for the distance to the database, which is nobody's fault", () => {
    const far = after(times(60, { tookMs: 30, found: 1, sinceMs: 20 }));
    expect(after(times(20, { tookMs: 50, found: 1, sinceMs: 20 }), far).share).toBe(1);
    expect(after(times(20, { tookMs: 80, found: 1, sinceMs: 20 }), far).share).toBeLessThan(0.5);
  });

  it("learns what a question costs in quiet while there is no herd, so that the first one it is slowed by does not count as quiet", () => {
    const learned = learnQuiet(firstPace, 2);
    expect(learnQuiet(learned, 500).quietMs).toBeLessThan(3);
    expect(after(times(20, slow), learned).share).toBe(firstPace.share);
    expect(after(times(20, slow)).share).toBeGreaterThan(firstPace.share);
  });

  it("rests in proportion to its work, but never long: a look may have hung for seconds", () => {
    expect(restAfter({ ...firstPace, share: 0.5 }, 20)).toBe(20);
    expect(restAfter(firstPace, 10_000)).toBeLessThan(500);
  });

  it("never is more than full nor ever stands still, whatever is felt", () => {
    const look = fc.record({
      tookMs: fc.double({ min: 0, max: 10_000, noNaN: true }),
      found: fc.nat(2_000),
      sinceMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(look, { maxLength: 200 }), (looks) => {
        const { share } = after(looks);
        expect(share).toBeGreaterThanOrEqual(0.04);
        expect(share).toBeLessThanOrEqual(1);
        expect(restAfter({ ...firstPace, share }, 100)).toBeGreaterThanOrEqual(0);
        expect(restAfter({ ...firstPace, share }, 10)).toBeLessThan(200);
      }),
    );
  });
});
