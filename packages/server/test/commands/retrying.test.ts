import { eventually } from "@punctual/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { shardOf } from "../../src/model/ids.ts";
import { type Office, openOffice } from "./fixture.ts";

let office: Office;
beforeAll(async () => {
  office = await openOffice();
});
afterAll(() => office.database.drop());

/** A cancelled run of the job's first revision; the job has another priority and timeout since. */
async function cancelledRun(): Promise<string> {
  const { jobId } = await office.create({ every: "1h", priority: 8 });
  const { runId } = (await office.ask("triggerJob", { params: { jobId } })).body;
  await office.ask("cancelRun", { params: { runId } });
  await office.ask("updateJob", { params: { jobId }, body: { priority: 2 } });
  return runId;
}
const retry = (runId: string) => office.ask("retryRun", { params: { runId } });
const placed = async (runId: string) =>
  (await office.rows("select revision, priority, origin from punctual.live_runs where run_id = $1", [runId]))[0];

describe("retrying a run by hand", () => {
  test("places it as its own revision says, among the runs of its target, and wakes its shard", async () => {
    const runId = await cancelledRun();
    office.woken.splice(0);
    expect((await retry(runId)).body).toMatchObject({ runId, status: "ready", revision: 1, endedBy: null, reason: null });
    expect(office.woken).toEqual([shardOf(runId)]);
    const fresh = await office.create({ every: "1h", priority: 8 });
    const { runId: neighbour } = (await office.ask("triggerJob", { params: { jobId: fresh.jobId } })).body;
    expect(await placed(runId)).toEqual(await placed(neighbour));
  });

  test("twice at once gives it one attempt, and whoever was slower is told", async () => {
    const runId = await cancelledRun();
    const holder = await office.db.connect();
    await holder.query("begin");
    await holder.query("select from punctual.finished_runs where run_id = $1 for update", [runId]);
    const answers = [1, 2].map(() => office.refusalOf("retryRun", { params: { runId } }));
    // Both have read it as cancelled, and now wait to be the one that takes it.
    await eventually(async () => {
      const [row] = await office.rows<{ waiting: number }>(
        "select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      return row?.waiting === 2;
    });
    await holder.query("commit");
    holder.release();
    expect(new Set(await Promise.all(answers))).toEqual(new Set([null, "run_not_retryable"]));
  });

  test("of one that is live is refused, and changes nothing", async () => {
    const runId = await cancelledRun();
    await retry(runId);
    office.woken.splice(0);
    expect(await office.refusalOf("retryRun", { params: { runId } })).toBe("run_not_retryable");
    expect(office.woken).toEqual([]);
  });
});
