import { afterAll, beforeAll, expect, test } from "vitest";
import { createPlanCache } from "../../src/engine/plan-cache.ts";
import { createSecondUse } from "../../src/engine/second-use.ts";
import type { Database } from "../../src/store/database.ts";
import { createStore, type Store } from "../store/fixture.ts";

let store: Store;
beforeAll(async () => {
  store = await createStore();
});
afterAll(() => store.database.drop());

test("a definition is kept from its second use on, for each job by itself", async () => {
  let reads = 0;
  const query = (...given: Parameters<Database["query"]>) => {
    reads++;
    return store.db.query(...given);
  };
  const cache = createPlanCache(
    { query } as unknown as Database,
    () => "origin",
    () => {},
  );
  const { jobId } = await store.addJob();
  const other = await store.addJob();
  const ask = async (id: string) => (await cache.get([{ jobId: id, revision: 1 }])).size;
  expect(await ask(jobId)).toBe(1);
  expect(await ask(jobId)).toBe(1);
  expect(reads).toBe(2);
  expect(await ask(jobId)).toBe(1);
  expect(reads).toBe(2);
  expect(await ask(other.jobId)).toBe(1);
  expect(reads).toBe(3);
});

test("a key is known again while no more than a quarter of a million others came between, and forgotten after twice as many", () => {
  const isBack = createSecondUse();
  // Spread over all places, as the ends of ids are.
  const key = (number: number): number => Math.imul(number, 2_654_435_761) >>> 0;
  expect(isBack(key(1))).toBe(false);
  for (let other = 2; other <= 250_000; other++) isBack(key(other));
  expect(isBack(key(1))).toBe(true);
  for (let other = 1_000_000; other < 1_600_000; other++) isBack(key(other));
  const back = Array.from({ length: 10_000 }, (_, index) => isBack(key(index + 2))).filter((known) => known).length;
  expect(back).toBeLessThan(1_500);
});
