import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createStore, type Store } from "./fixture.ts";
import { events } from "./lifecycle-events.ts";
import { World } from "./lifecycle-world.ts";

let store: Store;
beforeAll(async () => {
  store = await createStore();
});
afterAll(() => store.database.drop());

test("whatever happens, in whatever order, no run is lost, doubled, stuck, or led where the transition table does not lead", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(events, { minLength: 20, maxLength: 45, size: "max" }), async (story) => {
      const world = await World.begin(store);
      for (const event of story) await world.happen(event);
      expect(await world.settleDown()).toEqual([]);
    }),
    { numRuns: 40 },
  );
});
