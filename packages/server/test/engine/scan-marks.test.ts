import { afterEach, describe, expect, it, vi } from "vitest";
import { createNodeClock, monotonicMs } from "../../src/engine/node-clock.ts";
import { createPageSize, hasFullPage } from "../../src/engine/page-size.ts";
import { createScanMarks, firstOfEach, fullPages } from "../../src/engine/scan-marks.ts";
import type { DueCursor } from "../../src/store/firing.ts";
import type { ShardRow } from "../../src/store/shards.ts";

const nowMs = Date.UTC(2027, 0, 1);
const shard = (number: number, watermarkMs: number): ShardRow => ({ shard: number, owner: 1, epoch: 1, watermarkMs, backlogMs: null });
const none = new Map<number, number>();

afterEach(() => vi.restoreAllMocks());

describe("the first rows of each shard", () => {
  const row = (number: number, dueMs: number) => ({ shard: number, due_ms: dueMs }) as DueCursor;

  it("leave the others of theirs behind, from the last that was taken on, and shards that have no more alone", () => {
    const due = [row(1, 10), row(1, 11), row(1, 12), row(2, 10), row(3, 5), row(3, 6)];
    const full = fullPages(due, 3);
    expect(full).toEqual(new Map([[1, 12]]));
    expect(firstOfEach(due, 1, full)).toEqual([
      [row(1, 10), row(2, 10), row(3, 5)],
      new Map([
        [1, 10],
        [3, 5],
      ]),
    ]);
    expect(firstOfEach(due, 3, full)).toEqual([due, full]);
  });
});

describe("watermarks", () => {
  it("follow the time at a distance that a slow commit needs, and never go back", () => {
    const marks = createScanMarks();
    const owned = [shard(1, 0), shard(2, nowMs + 5_000)];
    marks.passed(marks.fresh(owned), owned, none, nowMs);
    expect(owned.map((row) => row.watermarkMs)).toEqual([nowMs - 10_000, nowMs + 5_000]);
  });

  it("move on past what stays due, which is found again as a backlog until it is gone", () => {
    const marks = createScanMarks();
    const owned = [shard(1, 0), shard(2, 0)];
    marks.passed(marks.fresh(owned), owned, new Map([[1, nowMs - 3_600_000]]), nowMs);
    expect(owned.map((row) => row.watermarkMs)).toEqual([nowMs - 10_000, nowMs - 10_000]);
    // What the next owner is told, should this one die now.
    expect(owned.map((row) => row.backlogMs)).toEqual([nowMs - 3_600_001, null]);
    const backlog = marks.backlog(owned);
    expect(backlog).toEqual({ shards: [1], watermarksMs: [nowMs - 3_600_001] });
    marks.passed(marks.fresh(owned), owned, none, nowMs);
    expect(marks.backlog(owned)).toEqual(backlog);
    marks.passed(backlog as NonNullable<typeof backlog>, owned, new Map([[1, nowMs - 60_000]]), nowMs);
    expect(marks.backlog(owned)?.watermarksMs).toEqual([nowMs - 60_001]);
    marks.passed({ shards: [1], watermarksMs: [nowMs - 60_001] }, owned, none, nowMs);
    expect(marks.backlog(owned)).toBeNull();
    expect(owned.map((row) => row.backlogMs)).toEqual([null, null]);
  });

  it("are gone back to every two seconds, and looks between begin a second ago, or where the last one left off", () => {
    const marks = createScanMarks();
    const owned = [shard(1, 0), shard(2, 0)];
    marks.passed(marks.fresh(owned), owned, new Map([[1, nowMs - 4_000]]), nowMs);
    expect(marks.fresh(owned).watermarksMs).toEqual([nowMs - 4_001, nowMs - 1_000]);
    marks.passed(marks.fresh(owned), owned, none, nowMs + 20);
    expect(marks.fresh(owned).watermarksMs).toEqual([nowMs - 980, nowMs - 980]);
    const hrtime = process.hrtime.bigint;
    vi.spyOn(process.hrtime, "bigint").mockImplementation(() => hrtime() + 2_000_000_000n);
    expect(marks.fresh(owned).watermarksMs).toEqual([nowMs - 9_980, nowMs - 9_980]);
    expect(marks.fresh(owned).watermarksMs).toEqual([nowMs - 980, nowMs - 980]);
  });

  it("hide nothing that a look at a backlog leaves within the last seconds", () => {
    const marks = createScanMarks();
    const owned = [shard(1, 0)];
    marks.passed(marks.fresh(owned), owned, new Map([[1, nowMs - 60_000]]), nowMs);
    const backlog = marks.backlog(owned);
    expect(backlog).not.toBeNull();
    marks.passed(backlog ?? { shards: [], watermarksMs: [] }, owned, new Map([[1, nowMs - 5_000]]), nowMs);
    expect(marks.backlog(owned)).toBeNull();
    expect(marks.fresh(owned).watermarksMs).toEqual([nowMs - 5_001]);
    marks.passed(marks.fresh(owned), owned, none, nowMs);
    expect(marks.fresh(owned).watermarksMs).toEqual([nowMs - 1_000]);
  });

  it("need no backlog for what the next fresh scan sees anyway, nor for shards that are gone", () => {
    const marks = createScanMarks();
    const owned = [shard(1, 0), shard(2, 0)];
    marks.passed(
      marks.fresh(owned),
      owned,
      new Map([
        [1, nowMs - 500],
        [2, nowMs - 60_000],
      ]),
      nowMs,
    );
    expect(marks.backlog(owned)?.shards).toEqual([2]);
    expect(marks.backlog(owned.slice(0, 1))).toBeNull();
  });

  it("are looked at in one scan to see that nothing is due, each shard from where its backlog begins; then there is none", () => {
    const marks = createScanMarks();
    const owned = [shard(1, nowMs), shard(2, nowMs), shard(3, nowMs)];
    marks.passed(marks.fresh(owned), owned, new Map([[2, nowMs - 3_600_000]]), nowMs);
    const all = marks.everything(owned);
    expect(all).toEqual({ shards: [1, 2, 3], watermarksMs: [nowMs, nowMs - 3_600_001, nowMs] });
    marks.passed(all, owned, none, nowMs + 1_000);
    expect(marks.backlog(owned)).toBeNull();
    expect(owned.map((row) => row.backlogMs)).toEqual([null, null, null]);
  });

  it("begin anew for every shard within a minute, a few a look", () => {
    const marks = createScanMarks();
    const owned = Array.from({ length: 16 }, (_, number) => shard(number, nowMs));
    expect(marks.backlog(owned)).toBeNull();
    const hrtime = process.hrtime.bigint;
    vi.spyOn(process.hrtime, "bigint").mockImplementation(() => hrtime() + 60_000_000_000n);
    const scanned = new Set<number>();
    for (let look = 0; look < 4; look++) {
      const backlog = marks.backlog(owned);
      expect(backlog).toMatchObject({ watermarksMs: [0, 0, 0, 0] });
      for (const each of backlog?.shards ?? []) scanned.add(each);
      marks.passed(backlog ?? { shards: [], watermarksMs: [] }, owned, none, nowMs);
    }
    expect(scanned.size).toBe(16);
    expect(marks.backlog(owned)).toBeNull();
  });
});

describe("pages", () => {
  it("grow while few shards fill them, up to a whole batch, and shrink when all do", () => {
    const page = createPageSize(
      () => 1_000,
      () => 4,
    );
    expect(page.of(256)).toBe(4);
    for (let rows = 4; rows < 500; rows *= 2) page.learn(rows, true);
    expect(page.of(256)).toBe(512);
    page.learn(100_000, true);
    expect(page.of(256)).toBe(256);
    page.learn(3, false);
    expect(page.of(256)).toBe(4);
    expect(page.of(1)).toBe(1_000);
  });

  it("are full when one shard fills its own", () => {
    expect(hasFullPage([{ shard: 1 }, { shard: 2 }, { shard: 1 }], 2)).toBe(true);
    expect(hasFullPage([{ shard: 1 }, { shard: 2 }], 2)).toBe(false);
  });
});

describe("the node's idea of the database's clock", () => {
  it("is not moved by one slow answer, ignores no answer at all, and follows a clock that is set", () => {
    const clock = createNodeClock();
    expect(clock.nowMs()).toBeNaN();
    for (let times = 0; times < 5; times++) clock.observe(nowMs, monotonicMs());
    clock.observe(nowMs, monotonicMs() - 5_000);
    clock.observe(Number.NaN, monotonicMs());
    expect(Math.abs(clock.nowMs() - nowMs)).toBeLessThan(500);
    for (let times = 0; times < 32; times++) clock.observe(nowMs + 3_600_000, monotonicMs());
    expect(Math.abs(clock.nowMs() - nowMs - 3_600_000)).toBeLessThan(500);
  });
});
