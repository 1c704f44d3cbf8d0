import { describe, expect, test } from "vitest";
import type { Queryable } from "../../src/store/database.ts";
import { gathered } from "../../src/store/gathering.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const pool = (): Queryable => ({}) as Queryable;

/** Doubles numbers, each batch when it is told to. */
function doubler(most = 100) {
  const batches: { tenantId: number; items: readonly number[]; end(error?: Error): void }[] = [];
  const ask = gathered<number, number>(
    most,
    (_db, tenantId, items) =>
      new Promise((resolve, reject) => {
        batches.push({ tenantId, items, end: (error) => (error ? reject(error) : resolve(items.map((item) => item * 2))) });
      }),
  );
  return { ask, batches, itemsOf: () => batches.map(({ items }) => [...items]) };
}

describe("what is asked one by one", () => {
  test("goes together with whatever is asked in the same turn, and each gets its own answer", async () => {
    const { ask, batches, itemsOf } = doubler();
    const db = pool();
    const answers = Promise.all([1, 2, 3].map((item) => ask(db, 1, item)));
    await turn();
    expect(itemsOf()).toEqual([[1, 2, 3]]);
    batches[0]?.end();
    expect(await answers).toEqual([2, 4, 6]);
  });

  test("waits for the next statement while two are under way, and no longer", async () => {
    const { ask, batches, itemsOf } = doubler();
    const db = pool();
    const answers: Promise<number>[] = [];
    for (const item of [1, 2, 3, 4]) {
      answers.push(ask(db, 1, item));
      await turn();
    }
    expect(itemsOf()).toEqual([[1], [2]]);
    batches[1]?.end();
    await turn();
    expect(itemsOf()).toEqual([[1], [2], [3, 4]]);
    batches[0]?.end();
    batches[2]?.end();
    expect(await Promise.all(answers)).toEqual([2, 4, 6, 8]);
    const later = ask(db, 1, 5);
    await turn();
    batches[3]?.end();
    expect(await later).toBe(10);
  });

  test("is at most so much a statement", async () => {
    const { ask, batches, itemsOf } = doubler(2);
    const db = pool();
    const answers = Promise.all([1, 2, 3].map((item) => ask(db, 1, item)));
    await turn();
    batches[0]?.end();
    await turn();
    expect(itemsOf()).toEqual([[1, 2], [3]]);
    batches[1]?.end();
    expect(await answers).toEqual([2, 4, 6]);
  });

  test("never shares a statement with another tenant's, or with another connection's", async () => {
    const { ask, batches, itemsOf } = doubler();
    const [db, transaction] = [pool(), pool()];
    const answers = Promise.all([ask(db, 1, 1), ask(db, 2, 2), ask(transaction, 1, 3)]);
    await turn();
    expect(itemsOf()).toEqual([[1], [2], [3]]);
    expect(batches.map(({ tenantId }) => tenantId)).toEqual([1, 2, 1]);
    for (const batch of batches) batch.end();
    expect(await answers).toEqual([2, 4, 6]);
  });

  test("fails alone when it cannot be carried out", async () => {
    const db = pool();
    const ask = gathered<number, number>(100, async (_db, _tenantId, items) => {
      if (items.includes(2)) throw new Error("two is not liked");
      return items;
    });
    const answers = await Promise.allSettled([1, 2, 3].map((item) => ask(db, 1, item)));
    expect(answers.map((answer) => (answer.status === "fulfilled" ? answer.value : String(answer.reason)))).toEqual([
      1,
      "Error: two is not liked",
      3,
    ]);
  });

  test("is not tried again while the database is away: everyone hears of it at once", async () => {
    const { ask, batches, itemsOf } = doubler();
    const db = pool();
    const answers = Promise.allSettled([1, 2].map((item) => ask(db, 1, item)));
    await turn();
    batches[0]?.end(Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }));
    expect((await answers).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(itemsOf()).toEqual([[1, 2]]);
  });
});
