import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pauseAtRevision } from "../../src/store/pausing.ts";
import { createStore, hourMs, minuteMs, type Store, startMs } from "./fixture.ts";

let store: Store;
beforeAll(async () => {
  store = await createStore();
});
afterAll(() => store.database.drop());

const pause = (jobId: string, revision = 1) => pauseAtRevision(store.db, store.tenantId, jobId, revision, "gone");
const job = async (jobId: string) =>
  (await store.rows<object>("select revision, status, pause_reason from punctual.jobs where job_id = $1", [jobId]))[0];

describe("pausing a job for what its target said", () => {
  test("holds its cursor under a new revision, once", async () => {
    const { jobId } = await store.addJob({ nextMs: startMs + hourMs });
    expect([await pause(jobId), await pause(jobId)]).toEqual(["paused", "left_alone"]);
    expect(await job(jobId)).toEqual({ revision: 2, status: "paused", pause_reason: "gone" });
    expect(await store.rows("select next_at from punctual.cursors where job_id = $1", [jobId])).toEqual([{ next_at: null }]);
  });

  test("leaves alone a job that was edited meanwhile, is deleted, or has no occurrence left", async () => {
    const [edited, over] = [await store.addJob({ nextMs: startMs + hourMs }), await store.addJob({ nextMs: startMs + hourMs })];
    await store.rows("delete from punctual.cursors where job_id = $1", [over.jobId]);
    expect([await pause(edited.jobId, 0), await pause(over.jobId), await pause(edited.jobId.replace(/.{4}$/, "0000"))]).toEqual([
      "left_alone",
      "left_alone",
      "left_alone",
    ]);
    expect(await job(edited.jobId)).toMatchObject({ revision: 1, status: "active" });
  });

  test("waits for an occurrence that is due: it is fired first", async () => {
    const { jobId } = await store.addJob({ nextMs: startMs - minuteMs });
    expect(await pause(jobId)).toBe("busy");
    expect(await job(jobId)).toMatchObject({ revision: 1, status: "active" });
  });
});
