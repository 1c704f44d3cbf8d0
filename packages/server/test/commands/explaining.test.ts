import type { JobExplanation } from "@punctual/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { minuteMs, startMs } from "../store/fixture.ts";
import { carryOutAll, type Office, openOffice } from "./fixture.ts";

let office: Office;
beforeEach(async () => {
  office = await openOffice();
});
afterEach(() => office.database.drop());

/** The explanation of a job `minutes` after the test's beginning. */
async function explain(jobId: string, minutes: number): Promise<JobExplanation> {
  const at = new Date(startMs + minutes * minuteMs).toISOString();
  return (await office.ask("explainJob", { params: { jobId }, query: { at } })).body;
}
async function pass(minutes: number): Promise<void> {
  for (let passed = 0; passed < minutes; passed++) {
    await office.database.moveClock(minuteMs);
    while ((await office.engineLooks()) > 0);
  }
}

describe("a job is explained at a time", () => {
  test("at which it ran: the run, how late it was, and the occurrences around", async () => {
    const { jobId } = await office.create({ every: "5m" });
    await pass(6);
    await carryOutAll(office);
    const told = await explain(jobId, 5);
    expect(told).toMatchObject({ verdict: "ran", latenessMs: 0, run: { status: "succeeded", jobId }, revision: { revision: 1, to: null } });
    expect(told.because).toEqual(["It ran, and succeeded.", "Its first attempt began on time."]);
    expect(told.schedule).toMatchObject({ fires: true, next: new Date(startMs + 10 * minuteMs).toISOString() });
  });

  test("at which it waits: for a slot, in a paused queue, for another run, for its target", async () => {
    const { jobId } = await office.create({ every: "1m" });
    await pass(1);
    expect((await explain(jobId, 1)).because).toEqual(["Its run has not ended.", expect.stringContaining("free slot")]);
    for (const [held, words] of [["overlap", "must not overlap"] as const, ["breaker", "held off"] as const]) {
      await office.rows("update punctual.live_runs set state = 'waiting', held = $1", [held]);
      expect((await explain(jobId, 1)).because[1]).toContain(words);
    }
    const queued = await office.create({ every: "1m", queue: "mails" });
    await office.ask("pauseQueue", { params: { name: "mails" }, body: { reason: "the mail server moves" } });
    const { body: run } = await office.ask("triggerJob", { params: { jobId: queued.jobId }, body: {} });
    await office.rows("update punctual.live_runs set kind = 'scheduled' where run_id = $1", [run.runId]);
    const at = run.nominalAt;
    const { body: told } = await office.ask("explainJob", { params: { jobId: queued.jobId }, query: { at } });
    expect(told.because).toContain("The queue is paused: the mail server moves");
  });

  test("at which it was skipped: with the reason", async () => {
    const { jobId } = await office.create({ every: "1m", misfire: { policy: "skip", window: "1m" } });
    await office.database.moveClock(30 * minuteMs);
    while ((await office.engineLooks()) > 0);
    expect(await explain(jobId, 5)).toMatchObject({ verdict: "skipped", because: [expect.stringContaining("misfire policy")] });
  });

  test("that is no occurrence, that is yet to come, and that no revision reaches", async () => {
    const { jobId } = await office.create({ every: "5m" });
    await pass(1);
    expect(await explain(jobId, 3)).toMatchObject({
      verdict: "not_in_schedule",
      run: null,
      schedule: { fires: false, previous: new Date(startMs).toISOString(), next: new Date(startMs + 5 * minuteMs).toISOString() },
    });
    expect(await explain(jobId, 5)).toMatchObject({ verdict: "to_come" });
    expect(await explain(jobId, -5)).toMatchObject({ verdict: "not_created", revision: null, schedule: null });
  });

  test("in a pause, with its reason, and after it under the revision that was in force then", async () => {
    const { jobId } = await office.create({ every: "1m" });
    await pass(2);
    await office.ask("pauseJob", { params: { jobId }, body: { reason: "moving house" } });
    await pass(2);
    const paused = await explain(jobId, 3);
    expect(paused).toMatchObject({ verdict: "paused", revision: { revision: 2, status: "paused" } });
    expect(paused.because[0]).toContain("and still is: moving house.");
    await office.ask("resumeJob", { params: { jobId } });
    await pass(1);
    expect((await explain(jobId, 3)).because[0]).toContain("until");
    expect(await explain(jobId, 5)).toMatchObject({ verdict: "live", revision: { revision: 3 } });
  });

  test("when its count was used up, and when it was deleted", async () => {
    const { jobId } = await office.create({ every: "1m", maxRuns: 2 });
    await pass(5);
    expect(await explain(jobId, 4)).toMatchObject({ verdict: "ended", because: [expect.stringContaining("maxRuns of 2")] });
    await office.ask("deleteJob", { params: { jobId } });
    await pass(2);
    expect(await explain(jobId, 7)).toMatchObject({ verdict: "deleted", revision: null });
    expect(await explain(jobId, 2)).toMatchObject({ verdict: "ran", because: [expect.stringContaining("was cancelled")] });
  });

  test("with a fixed delay by its own law", async () => {
    const { jobId } = await office.create({ every: "1m", after: "completion" });
    expect(await explain(jobId, 1)).toMatchObject({ verdict: "to_come", schedule: null });
    await pass(1);
    expect(await explain(jobId, 1)).toMatchObject({ verdict: "live" });
    expect((await explain(jobId, 2)).because[0]).toContain("1m after the end of its last run");
  });

  test("at which an occurrence was missed, or its cursor stands still: what must never be is said so", async () => {
    const { jobId } = await office.create({ every: "1m" });
    await pass(3);
    await office.rows("delete from punctual.live_runs where nominal_at = punctual.at($1)", [startMs + 2 * minuteMs]);
    expect(await explain(jobId, 2)).toMatchObject({ verdict: "missing", run: null });
    await office.database.moveClock(5 * minuteMs);
    expect(await explain(jobId, 4)).toMatchObject({ verdict: "overdue" });
  });

  test("only to its own tenant", async () => {
    const { jobId } = await office.create({ every: "1m" });
    const stranger = await office.addTenant("stranger");
    const query = { at: new Date(startMs).toISOString() };
    expect(await office.refusalOf("explainJob", { params: { jobId }, query }, stranger)).toBe("job_not_found");
    expect(await office.refusalOf("explainJob", { params: { jobId }, query: { at: "soon" } })).toBe("instant_invalid");
  });
});
