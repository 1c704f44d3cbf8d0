import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startMs } from "../store/fixture.ts";
import { carryOutAll, type Office, openOffice, runsOf } from "./fixture.ts";

const everyMs = 10_000;
let office: Office;
beforeAll(async () => {
  office = await openOffice();
});
afterAll(() => office.database.drop());

type Meddling = { statement: number; ms: number; looks: boolean; ends: boolean };

/** Lets time pass, the engine look and runs end right before the n-th statement that a request sends. */
async function meddled(meddling: readonly Meddling[], clock: { nowMs: number }, request: () => Promise<unknown>): Promise<void> {
  const { db } = office;
  const query = db.query.bind(db) as (...args: unknown[]) => Promise<unknown>;
  let sent = 0;
  db.query = (async (...args: unknown[]) => {
    const due = meddling.filter(({ statement }) => statement === sent);
    sent++;
    db.query = query as typeof db.query;
    for (const { ms, looks, ends } of due) {
      clock.nowMs += ms;
      await office.database.freezeClock(clock.nowMs);
      if (looks) await office.engineLooks();
      if (ends) await carryOutAll(office);
    }
    db.query = meddlingQuery;
    return query(...args);
  }) as typeof db.query;
  const meddlingQuery = db.query;
  try {
    await request();
  } finally {
    db.query = query as typeof db.query;
  }
}

/** The times at which the job's revisions, as history tells them, had an occurrence. */
async function expectedTimes(jobId: string, untilMs: number): Promise<string[]> {
  const revisions = await office.rows<{ from: number; to: number }>(
    `select punctual.ms(valid_from) as from, punctual.ms(valid_to) as to from punctual.job_revisions where job_id = $1 and status = 'active'
     union all select punctual.ms(updated_at), $2 from punctual.jobs where job_id = $1 and status = 'active'`,
    [jobId, untilMs],
  );
  const times = new Set<number>();
  for (const { from, to } of revisions) for (let at = Math.floor(from / everyMs + 1) * everyMs; at <= to; at += everyMs) times.add(at);
  return [...times].sort((a, b) => a - b).map((at) => new Date(at).toISOString().slice(11, 19));
}

test("a change loses no occurrence, repeats none and adds none, whatever time and engine do between any two of its statements", async () => {
  const change = fc.constantFrom("edit", "reschedule", "pause", "resume");
  const meddling = fc.record({
    statement: fc.nat(8),
    ms: fc.constantFrom(0, 3_000, 10_000, 25_000),
    looks: fc.boolean(),
    ends: fc.boolean(),
  });
  const steps = fc.array(fc.record({ change, meddling: fc.array(meddling, { maxLength: 3 }) }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const clock = { nowMs: startMs };
      await office.database.freezeClock(clock.nowMs);
      const { jobId } = await office.create({ every: "10s", anchor: "2027-01-01T00:00:00Z" });
      const params = { jobId };
      for (const [index, step] of sequence.entries()) {
        const anchor = `2027-01-01T00:00:${index % 2 ? "10" : "20"}Z`;
        await meddled(step.meddling, clock, () => {
          if (step.change === "pause") return office.ask("pauseJob", { params });
          if (step.change === "resume") return office.ask("resumeJob", { params });
          const body = { timeout: `${index + 2}s`, ...(step.change === "reschedule" && { every: "10s", anchor }) };
          return office.ask("updateJob", { params, body });
        });
      }
      await office.engineLooks();
      const nominals = (await runsOf(office, jobId)).map((run) => run.nominal);
      expect(nominals).toEqual(await expectedTimes(jobId, clock.nowMs));
      await office.ask("deleteJob", { params });
    }),
    { numRuns: 150 },
  );
});
