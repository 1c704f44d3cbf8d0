import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AttemptResult, settle, settleAnew } from "../../src/store/dispatching.ts";
import { readAttempts } from "../../src/store/runs.ts";
import { faultyDatabase } from "../engine/faulty-database.ts";
import { createStore, fireOne, hourMs, resultOf, type Store } from "./fixture.ts";

let store: Store;
let node: number;
let other: number;
beforeAll(async () => {
  store = await createStore();
  node = await store.addNode(hourMs);
  other = await store.addNode(hourMs);
});
afterAll(() => store.database.drop());

const heldRun = async (): Promise<string> => fireOne(store, node, await store.addJob());
const failed = { ...resultOf("00", 0).evidence, outcome: "failed", failureClass: "timeout" } as NonNullable<AttemptResult["evidence"]>;

describe("a batch that is written again, as no answer came", () => {
  const faults = [
    { statement: "settle_succeeded", when: "after" },
    { statement: "accept_runs", when: "before" },
    { statement: "accept_runs", when: "after" },
    { statement: "settle", when: "before" },
    { statement: "settle", when: "after" },
  ] as const;
  test.each(faults)(
    "knows its own results from one that was lost to another node: $statement fails $when it is carried out",
    async (fault) => {
      const [atOnce, fixedDelay, retried, dead, accepted, lost] = (await Promise.all([1, 2, 3, 4, 5, 6].map(heldRun))) as [
        string,
        string,
        string,
        string,
        string,
        string,
      ];
      await settle(store.db, [
        resultOf(lost, node, { next: "waiting", evidence: { ...failed, outcome: "lost", failureClass: "lost", durationMs: 4_000 } }),
      ]);
      const batch = [
        resultOf(atOnce, node),
        resultOf(fixedDelay, node, { resumes: true }),
        resultOf(retried, node, { next: "waiting", evidence: failed }),
        resultOf(dead, node, { next: "dead", evidence: failed }),
        { ...resultOf(accepted, node, { next: "running", endsInMs: hourMs }), evidence: null },
        resultOf(lost, node),
      ];
      await expect(settleAnew(faultyDatabase(store.db, [fault]), batch)).rejects.toThrow("terminated");
      const { kept, already } = await settleAnew(store.db, batch);
      expect([...kept, ...already].filter((runId) => runId !== accepted).sort()).toEqual([atOnce, fixedDelay, retried, dead].sort());
      for (const runId of [atOnce, fixedDelay, retried, dead]) expect(await readAttempts(store.db, runId)).toMatchObject([{ late: false }]);
      expect(await readAttempts(store.db, lost)).toMatchObject([
        { outcome: "lost", late: false },
        { outcome: "succeeded", late: true },
      ]);
    },
  );

  test("is still lost when another node wrote the same outcome", async () => {
    const runId = await heldRun();
    await store.rows("update punctual.live_runs set holder = $2 where run_id = $1", [runId, other]);
    await settle(store.db, [resultOf(runId, other)]);
    const { kept, already } = await settleAnew(store.db, [resultOf(runId, node)]);
    expect([kept.size, already.size]).toEqual([0, 0]);
    expect((await readAttempts(store.db, runId)).map(({ node_id: by, late }) => [by, late])).toEqual([
      [other, false],
      [node, true],
    ]);
  });

  test("of somebody who looks whose the run is now, and tells it again, is no late evidence", async () => {
    const runId = await heldRun();
    await store.rows("update punctual.live_runs set holder = $2 where run_id = $1", [runId, other]);
    for (const result of [resultOf(runId, node), resultOf(runId, node, { next: "dead", evidence: failed })]) {
      const { kept } = await settleAnew(store.db, [{ ...result, toldAgain: true }]);
      expect(kept.size).toBe(0);
      expect(await readAttempts(store.db, runId)).toEqual([]);
    }
    await settle(store.db, [{ ...resultOf(runId, other, { next: "dead", evidence: failed }), toldAgain: true }]);
    expect(await readAttempts(store.db, runId)).toMatchObject([{ node_id: other, late: false }]);
  });
});
