import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@punctual/client";
import type { Explanation, Job, LintResult, Preview, ScheduleBody } from "@punctual/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { explainLocally, lintLocally, previewLocally } from "../src/local-schedule.ts";
import type { ScheduleChange } from "../src/output/schedule-diff.ts";
import { startTestNode, type TestNode } from "./lib/test-node.ts";

let node: TestNode;

beforeAll(async () => {
  node = await startTestNode();
}, 30_000);

afterAll(() => node.stop(), 30_000);

const create = (name: string, ...flags: string[]): Promise<Job> =>
  node.json<Job>("jobs", "create", "--name", name, "--url", "http://127.0.0.1:9/", ...flags);

test("a job gets its whole schedule by flags, and shows it with the time it starts", async () => {
  const job = await create(
    "whole",
    ...["--cron", "0 0 9 ? * 2-6", "--dialect", "quartz", "--timezone", "Europe/Berlin", "--dst-gap", "skip", "--dst-overlap", "both"],
    ...["--exclude", '{"date":"12-25"}', "--exclude", '[{"weekly":"FRI","between":"08:00-12:00"}]', "--spread", "10m", "--jitter", "30s"],
  );
  expect(job).toMatchObject({
    ...{ dialect: "quartz", dst: { gap: "skip", overlap: "both" }, spread: "10m", jitter: "30s" },
    exclude: [{ date: "12-25" }, { weekly: "FRI", between: "08:00-12:00" }],
  });
  expect(job.nextRunEffectiveAt).not.toBe(job.nextRunAt);
  const { out } = await node.run(["jobs", "get", "whole"]);
  for (const line of [/^dialect +quartz$/m, /^dst +gap skip, overlap both$/m, /^excluded +12-25\n +FRI 08:00-12:00$/m, /^spread +10m$/m])
    expect(out).toMatch(line);
  const starts = `starts ${job.nextRunEffectiveAt?.replace("T", " ")}`;
  expect(out).toContain(starts);
  expect((await node.run(["jobs", "list", "--name-prefix", "whole"])).out).toContain(starts);
});

test("one flag of a policy changes that part of it, and a fixed delay is told apart", async () => {
  await create("parts", "--cron", "30 2 * * *", "--dst-gap", "skip", "--dst-overlap", "both");
  expect(await node.json<Job>("jobs", "update", "parts", "--dst-gap", "shift")).toMatchObject({
    cron: "30 2 * * *",
    dst: { gap: "shift", overlap: "both" },
  });
  await create("delay", "--every", "5m", "--after", "completion");
  expect((await node.run(["jobs", "get", "delay"])).out).toContain("every 5m after completion");
});

test("a dry run of update shows what is kept, lost and added, as the update then does it, and changes nothing", async () => {
  const before = await create("dry", "--cron", "0 9,17 * * *");
  const args = ["jobs", "update", "dry", "--cron", "0 9,18 * * *"];
  const change = await node.json<ScheduleChange>(...args, "--dry-run");
  expect(change.kept.length + change.lost.length + change.added.length).toBe(10);
  expect(change.kept.every((at) => at.endsWith("T09:00:00.000Z"))).toBe(true);
  expect(change.lost.every((at) => at.endsWith("T17:00:00.000Z"))).toBe(true);
  expect(change.added.every((at) => at.endsWith("T18:00:00.000Z"))).toBe(true);
  const { out } = await node.run([...args, "--dry-run"]);
  expect(out).toMatch(/^ {2}- .+ 17:00:00Z /m);
  expect(out).toMatch(/^ {2}\+ .+ 18:00:00Z /m);
  expect(await node.json<Job>("jobs", "get", "dry")).toMatchObject({ revision: before.revision, cron: "0 9,17 * * *" });
  const after = await node.json<Job>(...args);
  expect([...change.kept, ...change.added].sort()[0]).toBe(after.nextRunAt);
});

test("a dry run keeps an interval where it is counted from, and a flag beside the kind changes the schedule there is", async () => {
  await create("anchored", "--every", "1h");
  const same = await node.json<ScheduleChange>("jobs", "update", "anchored", "--every", "1h", "--dry-run");
  expect([same.kept.length, same.lost.length, same.added.length]).toEqual([10, 0, 0]);
  await create("zoned", "--cron", "0 9 * * *", "--timezone", "Asia/Tokyo");
  const moved = await node.json<ScheduleChange>("jobs", "update", "zoned", "--timezone", "Asia/Kolkata", "--dry-run");
  expect([moved.kept.length, moved.lost[0]?.slice(11, 16), moved.added[0]?.slice(11, 16)]).toEqual([0, "00:00", "03:30"]);
});

test("explain --job explains the schedule as the job has it", async () => {
  const job = await create("explained", "--cron", "H H * * *", "--exclude", '{"date":"12-25"}');
  const at = job.nextRunAt ?? "";
  const explanation = await node.json<Explanation>("explain", "--job", "explained", "--at", at);
  expect(explanation).toMatchObject({ at, fires: true });
  const holiday = await node.run(["explain", "--job", job.jobId, "--at", `2027-12-25${at.slice(10)}`]);
  expect(holiday.out).toContain("does not fire");
  expect((await node.run(["explain", "--job", "nobody", "--at", at])).exit).toBe(4);
});

test("what is answered here is what the server answers", async () => {
  const apiKey = readFileSync(join(node.folder, ".punctual", "api-key"), "utf8").trim();
  const server = createClient({ baseUrl: node.server, apiKey }).schedules;
  const shape = {
    timezone: "America/New_York",
    exclude: [{ date: "07-04" }],
    dst: { gap: "skip" },
    spread: "10m",
    jitter: "1m",
  } satisfies ScheduleBody;
  const from = "2027-03-13T12:00:00Z";
  const schedules: ScheduleBody[] = [{ cron: "30 2 * * *", ...shape }, { cron: "H 9 * * MON" }, { runAt: "2020-01-01T00:00:00Z" }];
  for (const fields of schedules) {
    const local = { fields, seed: "report", nowMs: Date.now() };
    const asked = { ...fields, seed: "report" };
    expect(previewLocally(local, { from, count: 5 })).toEqual<Preview>(await server.preview({ ...asked, from, count: 5 }));
    expect(explainLocally(local, from)).toEqual<Explanation>(await server.explain({ ...asked, at: from }));
    expect(lintLocally(local)).toEqual<LintResult>(await server.lint(asked));
  }
  const past = { runAt: "2020-01-01T00:00:00Z" };
  expect(previewLocally({ fields: past, seed: "", nowMs: Date.now() }, { count: 5 })).toEqual(await server.preview({ ...past, count: 5 }));
});
