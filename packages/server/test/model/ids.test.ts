import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jobId, manualRunId, occurrenceRunId, originKey, shardCount, shardOf, timeOf } from "../../src/model/ids.ts";

const newJobId = (epochMs = 1_800_000_000_000) => jobId(epochMs, randomBytes(10).toString("hex"));
const instants = fc.integer({ min: 0, max: 253_402_300_799_999 });
const hex = fc.uint8Array({ minLength: 10, maxLength: 10 }).map((bytes) => Buffer.from(bytes).toString("hex"));

describe("an id", () => {
  test("is a UUID of version 8 that carries its time and its shard", () => {
    fc.assert(
      fc.property(instants, hex, (epochMs, random) => {
        const id = jobId(epochMs, random);
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(timeOf(id)).toBe(epochMs);
        expect(shardOf(id)).toBeLessThan(shardCount);
      }),
    );
  });

  test("sorts by its time", () => {
    fc.assert(
      fc.property(instants, instants, hex, hex, (one, other, random, otherRandom) => {
        fc.pre(one !== other);
        expect(jobId(one, random) < jobId(other, otherRandom)).toBe(one < other);
      }),
    );
  });

  test("of a time before 1970 carries 1970, and is a UUID nevertheless", () => {
    expect(occurrenceRunId(newJobId(), -86_400_000)).toMatch(/^00000000-0000-8/);
  });

  test("of a job spreads over the shards evenly", () => {
    const counts = Array.from({ length: shardCount }, () => 0);
    for (let index = 0; index < 100_000; index++) {
      const shard = shardOf(newJobId());
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    // 391 on average; 7 standard deviations of a fair draw are 138.
    expect(Math.min(...counts)).toBeGreaterThan(250);
    expect(Math.max(...counts)).toBeLessThan(532);
  });
});

describe("the id of an occurrence's run", () => {
  const job = "01a318c5-c400-8abc-9def-0123456789ff";

  test("is always the same for the same job and time, also in the next version", () => {
    expect(occurrenceRunId(job, 1_800_000_000_000)).toBe("01a3185c-5000-8c1e-b65a-477e021eefff");
  });

  test("lives in its job's shard", () => {
    fc.assert(
      fc.property(instants, hex, (epochMs, random) => {
        expect(shardOf(occurrenceRunId(jobId(epochMs, random), epochMs))).toBe(Number.parseInt(random.slice(17, 19), 16));
      }),
    );
  });

  test("collides with no other among a hundred thousand jobs of one millisecond, nor with a manual run", () => {
    const ids = new Set<string>();
    for (let index = 0; index < 100_000; index++) ids.add(occurrenceRunId(newJobId(), 1_800_000_000_000));
    expect(ids.size).toBe(100_000);
    expect(manualRunId(job, 1_800_000_000_000, "a")).not.toBe(occurrenceRunId(job, 1_800_000_000_000));
    expect(manualRunId(job, 1_800_000_000_000, "a")).not.toBe(manualRunId(job, 1_800_000_000_000, "b"));
  });
});

test("the key of fairness is a 32-bit integer that tells tenants and origins apart", () => {
  const key = originKey(1, "https://example.com");
  expect(key).toBe(key | 0);
  expect(
    new Set([key, originKey(2, "https://example.com"), originKey(1, "https://example.org"), originKey(1, "https://example.com")]).size,
  ).toBe(3);
});
