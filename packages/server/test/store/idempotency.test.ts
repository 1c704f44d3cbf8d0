import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { transaction } from "../../src/store/database.ts";
import {
  findStoredAnswer,
  idempotencyHours,
  insideSavepoint,
  purgeExpiredAnswers,
  storeAnswer,
  tryLockIdempotencyKey,
} from "../../src/store/idempotency.ts";
import { createStore, hourMs, type Store } from "./fixture.ts";

let store: Store;
beforeAll(async () => {
  store = await createStore();
});
afterAll(() => store.database.drop());

const answer = { fingerprint: createHash("sha256").update("request").digest(), status: 201, body: '{"a":"\\u0000"}', revision: 1 };
const find = (key: string, tenantId = store.tenantId) => findStoredAnswer(store.db, tenantId, key);

test("an answer is found again as it was stored, by its tenant only, for a day", async () => {
  await storeAnswer(store.db, store.tenantId, "k", answer);
  expect(await find("k")).toEqual(answer);
  expect(await find("K")).toBeNull();
  expect(await find("k", await store.addTenant("stranger"))).toBeNull();
  await store.database.moveClock(idempotencyHours * hourMs - 1);
  expect(await find("k")).toEqual(answer);
  expect(await purgeExpiredAnswers(store.db)).toBe(0);
  await store.database.moveClock(1);
  expect(await find("k")).toBeNull();
});

test("an expired answer makes room for a new one, and housekeeping forgets it", async () => {
  await storeAnswer(store.db, store.tenantId, "again", answer);
  await storeAnswer(store.db, store.tenantId, "gone", answer);
  await store.database.moveClock(idempotencyHours * hourMs);
  await storeAnswer(store.db, store.tenantId, "again", { ...answer, status: 200, body: null, revision: null });
  expect(await find("again")).toEqual({ ...answer, status: 200, body: null, revision: null });
  await purgeExpiredAnswers(store.db);
  expect(await store.rows("select key from punctual.idempotency")).toEqual([{ key: "again" }]);
});

test("a key is one request's until its transaction ends, and waits for nobody", async () => {
  const lock = (tenantId = store.tenantId) => transaction(store.db, (tx) => tryLockIdempotencyKey(tx, tenantId, "key"));
  await transaction(store.db, async (tx) => {
    expect(await tryLockIdempotencyKey(tx, store.tenantId, "key")).toBe(true);
    expect(await lock()).toBe(false);
    expect(await lock(store.tenantId + 1)).toBe(true);
  });
  expect(await lock()).toBe(true);
});

test("work that fails inside a savepoint leaves nothing, and its transaction goes on", async () => {
  await transaction(store.db, async (tx) => {
    const work = insideSavepoint(tx, async () => {
      await storeAnswer(tx, store.tenantId, "half", answer);
      throw new Error("no");
    });
    await expect(work).rejects.toThrow("no");
    await storeAnswer(tx, store.tenantId, "refused", answer);
  });
  expect(await find("half")).toBeNull();
  expect(await find("refused")).toEqual(answer);
});
