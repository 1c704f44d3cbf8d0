import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Queryable, transaction } from "../../src/store/database.ts";
import {
  findStoredAnswers,
  idempotencyHours,
  purgeExpiredAnswers,
  rollBackToSavepoint,
  type StoredAnswer,
  setSavepoint,
  storeAnswers,
  tryLockIdempotencyKeys,
} from "../../src/store/idempotency.ts";
import { createStore, hourMs, type Store } from "./fixture.ts";

let store: Store;
beforeAll(async () => {
  store = await createStore();
});
afterAll(() => store.database.drop());

const answer = { fingerprint: createHash("sha256").update("request").digest(), status: 201, body: '{"a":"\\u0000"}', revision: 1 };
const find = async (key: string, tenantId = store.tenantId) => (await findStoredAnswers(store.db, tenantId, [key])).get(key) ?? null;
const keep = (key: string, kept: StoredAnswer = answer, db: Queryable = store.db) => storeAnswers(db, store.tenantId, [{ key, ...kept }]);

test("an answer is found again as it was stored, by its tenant only, for a day", async () => {
  await keep("k");
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
  await keep("again");
  await keep("gone");
  await store.database.moveClock(idempotencyHours * hourMs);
  await keep("again", { ...answer, status: 200, body: null, revision: null });
  expect(await find("again")).toEqual({ ...answer, status: 200, body: null, revision: null });
  await purgeExpiredAnswers(store.db);
  expect(await store.rows("select key from punctual.idempotency")).toEqual([{ key: "again" }]);
});

test("housekeeping leaves an answer that is being replaced, and waits for nobody", async () => {
  await keep("replaced");
  await keep("over");
  await store.database.moveClock(idempotencyHours * hourMs);
  await transaction(store.db, async (tx) => {
    await keep("replaced", answer, tx);
    await purgeExpiredAnswers(store.db);
  });
  expect(await find("replaced")).toEqual(answer);
  expect(await store.rows("select key from punctual.idempotency where key in ('replaced', 'over')")).toEqual([{ key: "replaced" }]);
});

test("a key is one request's until its transaction ends, waits for nobody, and goes to the first who names it", async () => {
  const lock = (tenantId = store.tenantId) => transaction(store.db, (tx) => tryLockIdempotencyKeys(tx, tenantId, ["key", "other"]));
  await transaction(store.db, async (tx) => {
    expect(await tryLockIdempotencyKeys(tx, store.tenantId, ["key", "key"])).toEqual([true, false]);
    expect(await lock()).toEqual([false, true]);
    expect(await lock(store.tenantId + 1)).toEqual([true, true]);
  });
  expect(await lock()).toEqual([true, true]);
});

test("what is rolled back to a savepoint leaves nothing, and its transaction goes on", async () => {
  await transaction(store.db, async (tx) => {
    await setSavepoint(tx);
    await keep("half", answer, tx);
    await rollBackToSavepoint(tx);
    await keep("refused", answer, tx);
  });
  expect(await find("half")).toBeNull();
  expect(await find("refused")).toEqual(answer);
});
