import { eventually } from "@punctual/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Membership } from "../../src/engine/membership.ts";
import { startWatchdog } from "../../src/engine/watchdog.ts";
import type { Event } from "../../src/telemetry/events.ts";
import { carryOutAll, type Office, openOffice } from "../commands/fixture.ts";
import { hourMs, minuteMs, startMs } from "../store/fixture.ts";

let office: Office;
let nodeId: number;
beforeEach(async () => {
  office = await openOffice();
  nodeId = await office.addNode();
});
afterEach(() => office.database.drop());

type Change = Extract<Event, { type: "finding_changed" }>;

/** What a watchdog that has just begun says in its first look, which reaches every job of these tests. */
async function watch(holder = nodeId): Promise<{ changes: string[]; findings: number }> {
  const events: Event[] = [];
  const membership = () => ({ nodeId: () => holder }) as Membership;
  const emit = (event: Event): void => void events.push(event);
  const loop = startWatchdog({ db: office.db, membership, overdueAfterMs: minuteMs, emit });
  await eventually(() => {
    expect(events.find(({ type }) => type === "findings_counted")).toBeDefined();
  });
  await loop.stop();
  expect(events.filter(({ type }) => type === "loop_failed")).toEqual([]);
  const changes = events.filter((event): event is Change => event.type === "finding_changed");
  const counted = events.find((event) => event.type === "findings_counted");
  return { changes: changes.map(({ change, kind }) => `${change} ${kind}`), findings: counted?.findings ?? Number.NaN };
}
async function pass(minutes: number): Promise<void> {
  for (let passed = 0; passed < minutes; passed++) {
    await office.database.moveClock(minuteMs);
    while ((await office.engineLooks()) > 0);
  }
}
const clean = { changes: [], findings: 0 };

describe("the watchdog", () => {
  test("finds nothing in an honest history, whatever jobs there are", async () => {
    await office.create({ every: "1m" });
    await office.create({ every: "5s" });
    await office.create({ every: "1m", maxRuns: 3 });
    await office.create({ every: "1m", after: "completion" });
    await office.create({ runAt: new Date(startMs + minuteMs).toISOString() });
    await office.create({ every: "1m", endAt: new Date(startMs + 2 * minuteMs).toISOString() });
    const paused = await office.create({ every: "1m" });
    await pass(5);
    await office.ask("pauseJob", { params: { jobId: paused.jobId } });
    await pass(5);
    expect(await watch()).toEqual(clean);
  });

  test("finds a cursor that stands still, also when nobody owns its shard, and sees that it is mended", async () => {
    const { jobId } = await office.create({ every: "1m" });
    await office.database.moveClock(3 * minuteMs);
    expect(await watch()).toEqual({ changes: ["raised cursor_overdue"], findings: 1 });
    // It is one finding, however often it is looked at.
    expect(await watch()).toEqual({ changes: [], findings: 1 });
    const { body } = await office.ask("listFindings", { query: {} });
    const nominalAt = new Date(startMs + minuteMs).toISOString();
    expect(body.items).toMatchObject([{ kind: "cursor_overdue", jobId, tenant: "default", nominalAt }]);
    while ((await office.engineLooks()) > 0);
    expect(await watch()).toEqual({ changes: ["cleared cursor_overdue"], findings: 0 });
  });

  test("finds a cursor that is due and whose job is gone, and does not lose it while it looks at the jobs there are", async () => {
    const { jobId } = await office.create({ every: "1m" });
    const broken = await office.create({ every: "1h" });
    await office.rows("delete from punctual.jobs where job_id = $1", [jobId]);
    await office.rows("update punctual.jobs set definition = '{' where job_id = $1", [broken.jobId]);
    await office.database.moveClock(3 * minuteMs);
    expect(await watch()).toEqual({ changes: ["raised cursor_overdue", "raised definition_unreadable"], findings: 2 });
    const { body } = await office.ask("listFindings", { query: {} });
    expect(body.items.find((finding) => finding.jobId === jobId)?.detail).toContain("there is no such job");
    await office.rows("delete from punctual.cursors where job_id = $1", [jobId]);
    expect(await watch()).toEqual({ changes: ["cleared cursor_overdue"], findings: 1 });
  });

  test("finds an active job without a next occurrence: its cursor is gone, or waits for a run that is not live", async () => {
    const lost = await office.create({ every: "1h" });
    const waits = await office.create({ every: "1m", after: "completion" });
    await pass(1);
    expect(await watch()).toEqual(clean);
    await office.rows("delete from punctual.cursors where job_id = $1", [lost.jobId]);
    await carryOutAll(office);
    expect(await watch()).toEqual({ changes: ["raised no_next_occurrence", "raised no_next_occurrence"], findings: 2 });
    for (const { jobId } of [lost, waits]) await office.ask("deleteJob", { params: { jobId } });
    expect((await watch()).findings).toBe(0);
  });

  test("finds a job that cannot be read, and goes on to those behind it", async () => {
    const broken = await office.create({ every: "1m" });
    const other = await office.create({ every: "1m" });
    await pass(10);
    await office.rows("update punctual.jobs set definition = '{' where job_id = $1", [broken.jobId]);
    await office.rows("delete from punctual.live_runs where job_id = $1 and nominal_at = punctual.at($2)", [
      other.jobId,
      startMs + 4 * minuteMs,
    ]);
    const { changes } = await watch();
    expect([...changes].sort()).toEqual(["raised definition_unreadable", "raised missing"]);
  });

  test("goes through all jobs, however many pages they take", async () => {
    const { jobId } = await office.create({ every: "1m" });
    // More than a page, and behind all others in the order of keys.
    await office.rows(
      `insert into punctual.jobs (shard, job_id, tenant_id, revision, status, definition, target_type, created_at, updated_at)
       select 255, ('ffffffff-ffff-8fff-8fff-' || lpad(to_hex(256 * g + 255), 12, '0'))::uuid, tenant_id, revision, status, definition, target_type, created_at, updated_at
       from punctual.jobs, generate_series(1, 150) g where job_id = $1`,
      [jobId],
    );
    const found: Event[] = [];
    const membership = () => ({ nodeId: () => nodeId }) as Membership;
    const emit = (event: Event): void => void (event.type === "finding_changed" && found.push(event));
    const loop = startWatchdog({ db: office.db, membership, overdueAfterMs: minuteMs, emit });
    // None of these has a cursor.
    await eventually(() => expect(found).toHaveLength(150), { timeoutMs: 20_000 });
    await loop.stop();
  });

  const spoiled: [string, string[], string][] = [
    ["missing", ["raised missing"], "delete from punctual.live_runs where nominal_at = punctual.at($1)"],
    [
      "doubled",
      ["raised doubled"],
      `insert into punctual.finished_runs (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, finished_at)
       select shard, run_id, job_id, tenant_id, revision, 'succeeded', kind, nominal_at, 1, punctual.clock() from punctual.live_runs where nominal_at = punctual.at($1)`,
    ],
    [
      "early",
      ["raised early"],
      "update punctual.live_runs set started_at = nominal_at - interval '1 second' where nominal_at = punctual.at($1)",
    ],
    ["unexpected", ["raised unexpected"], "update punctual.jobs set definition = replace(definition, '1m', '2m') where $1::float8 > 0"],
  ];
  test.each(spoiled)("finds what an audit of the last hours would find: %s", async (_kind, changes, spoil) => {
    const { jobId } = await office.create({ every: "1m" });
    await pass(10);
    await office.rows(spoil, [startMs + 4 * minuteMs]);
    expect((await watch()).changes).toEqual(changes);
    const { body } = await office.ask("listFindings", { query: {} });
    expect(body.items).toMatchObject([{ jobId, kind: changes[0]?.split(" ")[1] }]);
  });

  test("keeps an eye on what it has found, however long ago, until a backfill has made up for it", async () => {
    const { jobId } = await office.create({ every: "1h" });
    await pass(61);
    const missed = await office.rows<object>("delete from punctual.live_runs returning *");
    expect(missed).toHaveLength(1);
    await pass(5);
    expect((await watch()).changes).toEqual(["raised missing"]);
    for (let hour = 0; hour < 6; hour++) {
      await office.database.moveClock(hourMs);
      while ((await office.engineLooks()) > 0);
    }
    expect(await watch()).toEqual({ changes: [], findings: 1 });
    await office.rows(
      `insert into punctual.finished_runs select (jsonb_populate_record(null::punctual.finished_runs,
         jsonb_build_object('state', 'succeeded', 'finished_at', punctual.clock()) || ($1::jsonb - 'state'))).*`,
      [JSON.stringify({ ...missed[0], kind: "backfill" })],
    );
    expect(await watch()).toEqual({ changes: ["cleared missing"], findings: 0 });
    expect(await office.refusalOf("explainJob", { params: { jobId }, query: { at: new Date(startMs).toISOString() } })).toBeNull();
  });

  test("is one node's duty; another one only counts", async () => {
    await office.create({ every: "1m" });
    await office.database.moveClock(3 * minuteMs);
    expect((await watch()).findings).toBe(1);
    const other = await office.addNode();
    while ((await office.engineLooks()) > 0);
    expect(await watch(other)).toEqual({ changes: [], findings: 1 });
    expect((await office.ask("getCluster", {})).body).toMatchObject({ findings: 1, duties: [{ duty: "watchdog", holder: nodeId }] });
  });
});
