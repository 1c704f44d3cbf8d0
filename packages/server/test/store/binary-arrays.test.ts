import { afterAll, beforeAll, expect, test } from "vitest";
import { bigint, binaryArray, type ElementType, float8, smallint, text, uuid } from "../../src/store/binary-arrays.ts";
import { createStore, type Store } from "./fixture.ts";

let store: Store;
beforeAll(async () => {
  store = await createStore();
});
afterAll(() => store.database.drop());

const ends = [Number.MIN_SAFE_INTEGER, 0, Number.MAX_SAFE_INTEGER];
const cases: [string, ElementType<never>, readonly unknown[]][] = [
  ["smallint", smallint, [-32_768, 0, 255, 32_767]],
  ["bigint", bigint, ends],
  ["float8", float8, [...ends, 0.1, 1e308]],
  ["uuid", uuid, ["0192f3a4-5b6c-8d7e-9f01-23456789abff", "00000000-0000-0000-0000-000000000000"]],
  ["text", text, ["", "plain", 'quote " \\ \n {,} NULL', "é ß 漢字 🙂", "x".repeat(100_000)]],
];

test.each(cases)("an array of %s arrives as it was sent, nulls included", async (name, type, values) => {
  for (const sent of [values, [null, ...values, null], [null], []]) {
    const [row] = await store.rows<{ back: unknown }>(`select to_json($1::${name}[]) as back`, [binaryArray(type, sent as never[])]);
    expect(row?.back).toEqual(sent);
  }
});
