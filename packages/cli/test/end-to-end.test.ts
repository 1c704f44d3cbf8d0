import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Forecast, Job, JobPage, Queue, RunPage, RunWithAttempts } from "@punctual/contract";
import { eventually, type Receiver, startReceiver } from "@punctual/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { punctualScript, startTestNode, type TestNode } from "./lib/test-node.ts";

let node: TestNode;
let receiver: Receiver;

beforeAll(async () => {
  node = await startTestNode();
  receiver = await startReceiver();
}, 30_000);

afterAll(async () => {
  await receiver.stop();
  await node.stop();
}, 30_000);

test("a fresh server is told apart from one where nothing matches, in words", async () => {
  expect((await node.run(["jobs", "list"])).out).toContain("No jobs yet. Create one with punctual jobs create");
  expect((await node.run(["jobs", "list", "--status", "paused"])).out).toBe("No job matches.\n");
  expect((await node.run(["runs", "list"])).out).toContain("No runs yet.");
  expect(await node.json<JobPage>("jobs", "list")).toEqual({ items: [], nextCursor: null });
});

test("doctor finds a node that is well", async () => {
  const { findings } = await node.json<{ findings: { check: string; verdict: string }[] }>("doctor");
  expect(findings.map(({ check, verdict }) => [check, verdict])).toEqual([
    ["node", "ok"],
    ["zones", "ok"],
    ["server", "ok"],
    ["clock", "ok"],
    ["database", "ok"],
    ["key", "ok"],
  ]);
});

test("forecast draws the load of all jobs", async () => {
  const { out, exit } = await node.run(["forecast", "--bucket", "1h"]);
  expect([exit, out.split("\n").length]).toEqual([0, 26]);
  expect(out).toContain("occurrences of 0 active jobs");
  expect(await node.json<Forecast>("forecast", "--bucket", "1h")).toMatchObject({ bucketSeconds: 3600, jobs: 0, isComplete: true });
});

test("a job is created, seen, changed, paused, resumed, triggered and deleted by its name", async () => {
  const url = `${receiver.url}/report`;
  const created = await node.json<Job>(
    ...[
      "jobs",
      "create",
      "--name",
      "report",
      "--cron",
      "0 9 * * 1-5",
      "--timezone",
      "Europe/Berlin",
      "--url",
      url,
      "--header",
      "X-Team: billing",
    ],
    ...[
      "--payload",
      '{"user":7}',
      "--label",
      "team=billing",
      "--retry-attempts",
      "2",
      "--timeout",
      "5s",
      "--misfire-policy",
      "skip",
      "--priority",
      "7",
    ],
  );
  expect(created).toMatchObject({
    ...{
      name: "report",
      cron: "0 9 * * 1-5",
      timezone: "Europe/Berlin",
      payload: { user: 7 },
      labels: { team: "billing" },
      priority: 7,
      timeout: "5s",
    },
    ...{ target: { type: "http", url, headers: { "X-Team": "billing" } }, retry: { attempts: 2 }, misfire: { policy: "skip" } },
  });
  expect((await node.json<JobPage>("jobs", "list", "--label", "team=billing")).items.map((job) => job.name)).toEqual(["report"]);
  expect((await node.run(["jobs", "get", "report"])).out).toContain("0 9 * * 1-5 (Europe/Berlin)");

  const updated = await node.json<Job>("jobs", "update", "report", "--method", "PUT", "--misfire-window", "1h");
  expect(updated).toMatchObject({
    revision: 2,
    target: { url, method: "PUT" },
    misfire: { policy: "skip", window: "1h" },
    cron: "0 9 * * 1-5",
  });
  expect(await node.json<Job>("jobs", "pause", "report", "--reason", "receiver moves")).toMatchObject({
    status: "paused",
    pauseReason: "receiver moves",
  });
  expect((await node.run(["jobs", "resume", "report"])).out).toMatch(/^Resumed report\. It fires next at .+ \(in .+\)\.\n$/);

  const triggered = await node.json<{ runId: string }>("jobs", "trigger", "report", "--payload", '"once"', "--idempotency-key", "k1");
  expect(await node.json("jobs", "trigger", "report", "--payload", '"once"', "--idempotency-key", "k1")).toMatchObject({
    runId: triggered.runId,
  });
  const [request] = await receiver.waitFor(1);
  expect(request).toMatchObject({ method: "PUT", path: "/report", body: "once" });

  expect((await node.run(["jobs", "delete", "report"])).out).toContain("Deleted report.");
  expect((await node.run(["jobs", "get", "report"])).exit).toBe(4);
});

test("a run shows its attempts and what the target answered", async () => {
  receiver.answer({ status: 201, body: "made\u001b[31m" });
  const { jobId } = await node.json<Job>(
    "jobs",
    "create",
    "--run-at",
    "2027-01-01T00:00:00Z",
    "--url",
    `${receiver.url}/once`,
    "--name",
    "once",
  );
  const before = receiver.requests.length;
  const { runId } = await node.json<{ runId: string }>("jobs", "trigger", "once");
  await receiver.waitFor(before + 1);
  const shown = await untilEnded(runId);
  expect(shown).toMatchObject({ jobId, status: "succeeded", attempts: [{ outcome: "succeeded", statusCode: 201 }] });
  const { out } = await node.run(["runs", "get", runId]);
  expect(out).toContain("made\\u001b[31m");
  expect((await node.json<RunPage>("runs", "list", "--job", "once", "--status", "succeeded")).items.map((item) => item.runId)).toEqual([
    runId,
  ]);
});

test("a retry policy is made of flags, and another backoff drops what shaped the old one", async () => {
  const flags = ["--retry-attempts", "9", "--retry-factor", "1.5", "--retry-max-delay", "10m", "--retry-deadline", "2h"];
  const job = await node.json<Job>("jobs", "create", "--name", "patient", "--every", "1h", "--url", receiver.url, ...flags);
  expect(job.retry).toMatchObject({ attempts: 9, backoff: "exponential", factor: 1.5, maxDelay: "10m", deadline: "2h", jitter: "full" });
  const { retry } = await node.json<Job>("jobs", "update", "patient", "--retry-backoff", "1m,5m");
  expect(retry).toMatchObject({ attempts: 9, backoff: ["1m", "5m"], deadline: "2h", jitter: "none" });
  expect(retry).not.toHaveProperty("factor");
  expect((await node.run(["jobs", "get", "patient"])).out).toContain("9 attempts, 1m, 5m, within 2h");
});

test("a dead run is retried under its id, and run again under a new one", async () => {
  await node.json<Job>("jobs", "create", "--name", "fragile", "--every", "1h", "--url", receiver.url, "--retry-attempts", "1");
  receiver.answer({ status: 500 });
  const { runId } = await node.json<{ runId: string }>("jobs", "trigger", "fragile");
  expect(await untilEnded(runId)).toMatchObject({ status: "dead", attempts: [{ nextBecause: "attempts_used_up" }] });
  receiver.answer({});
  expect((await node.run(["runs", "retry", runId])).out).toContain("attempt 2 begins");
  expect(await untilEnded(runId)).toMatchObject({ status: "succeeded", attempts: [{ attempt: 1 }, { attempt: 2 }] });
  expect((await node.run(["runs", "retry", runId])).exit).toBe(6);
  const again = await node.json<RunWithAttempts>("runs", "run-again", runId);
  expect(again).toMatchObject({ rerunOf: runId });
  expect((await node.run(["runs", "get", again.runId])).out).toContain(`manual, again of ${runId}`);
  await untilEnded(again.runId);
});

/** The answer reaches the receiver's caller a moment before it is recorded. Each look is a request of its own, which is pause enough. */
async function untilEnded(runId: string): Promise<RunWithAttempts> {
  for (;;) {
    const shown = await node.json<RunWithAttempts>("runs", "get", runId);
    if (shown.finishedAt !== null) return shown;
  }
}

test("a dry run of create checks the schedule and creates nothing", async () => {
  const good = await node.run(["jobs", "create", "--name", "dry", "--cron", "0 9 * * *", "--url", receiver.url, "--dry-run"]);
  expect([good.exit, good.out.split("\n").length]).toEqual([0, 12]);
  const bad = await node.run(["jobs", "create", "--name", "dry", "--cron", "61 * * * *", "--url", receiver.url, "--dry-run"]);
  expect([bad.exit, bad.err.includes("61")]).toEqual([3, true]);
  expect((await node.run(["jobs", "get", "dry"])).exit).toBe(4);
});

test("what the server refuses is said in one go, with the place and the remedy", async () => {
  const { exit, out, err } = await node.run(
    ["jobs", "create", "--file", "-", "--json"],
    '{"cron":"* * * * *","target":{"type":"http","url":"http://h/"},"zzz":1}',
  );
  expect([exit, out]).toEqual([3, ""]);
  expect(JSON.parse(err)).toMatchObject({ code: "request_invalid", status: 422, errors: [{ pointer: "/zzz" }] });
});

test("a wrong key is refused, exit code 5", async () => {
  expect((await node.run(["jobs", "list", "--api-key", "wrong"])).exit).toBe(5);
});

test("--limit takes as many as it says, and the cursor continues behind them", async () => {
  for (let index = 0; index < 3; index++)
    await node.json("jobs", "create", "--name", `page-${index}`, "--every", "1h", "--url", receiver.url);
  const page = await node.json<JobPage>("jobs", "list", "--name-prefix", "page-", "--limit", "2");
  expect([page.items.length, typeof page.nextCursor]).toEqual([2, "string"]);
  const table = await node.run(["jobs", "list", "--name-prefix", "page-", "--limit", "2"]);
  expect(table.out.trimEnd().split("\n").slice(3)).toEqual(["There are more; ask for them with --limit."]);
  expect((await node.json<JobPage>("jobs", "list", "--name-prefix", "page-")).items.length).toBe(3);
});

test("a list that nobody reads to its end is no error", async () => {
  const child = spawn(process.execPath, [punctualScript, "jobs", "list", "--json"], {
    cwd: node.folder,
    env: { PATH: process.env.PATH, PUNCTUAL_SERVER: node.server },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.destroy();
  let said = "";
  child.stderr.on("data", (chunk) => void (said += String(chunk)));
  const [code] = (await once(child, "exit")) as [number];
  expect([code, said]).toEqual([0, ""]);
});

test("a queue is set, seen, paused, resumed and deleted, and its limits are named one by one", async () => {
  expect((await node.run(["queues", "list"])).out).toContain("No queues yet. Create one with punctual queues set");
  await node.run(["queues", "set", "mail", "--concurrency", "2", "--rate", "100/1m"]);
  const changed = await node.json<Queue>("queues", "set", "mail", "--burst", "5", "--concurrency", "none", "--key-concurrency", "1");
  expect(changed).toMatchObject({ concurrency: null, keyConcurrency: 1, rate: { limit: 100, period: "1m", burst: 5 } });
  expect((await node.run(["queues", "list", "--name-prefix", "ma"])).out).toMatch(/mail +active +no limit +1 +100\/1m, burst 5/);
  expect((await node.run(["queues", "list", "--name-prefix", "x"])).out).toBe("No queue matches.\n");

  const url = `${receiver.url}/queued`;
  const at = "2027-01-01T00:00:00Z";
  await node.run(["jobs", "create", "--name", "queued", "--run-at", at, "--url", url, "--queue", "mail", "--concurrency-key", "c7"]);
  expect((await node.run(["queues", "pause", "mail", "--reason", "provider is down"])).out).toContain("Paused mail.");
  await node.run(["jobs", "trigger", "queued"]);
  expect((await node.run(["queues", "get", "mail"])).out).toMatch(/ready +1\n[^]*its head waits +The queue is paused: provider is down\n/);
  expect((await node.run(["queues", "resume", "mail"])).out).toBe("Resumed mail.\n");
  await eventually(() => receiver.requests.some(({ path }) => path === "/queued"));

  expect((await node.run(["queues", "delete", "mail"])).err).toContain("1 job names the queue mail.");
  await node.run(["jobs", "delete", "queued"]);
  expect((await node.run(["queues", "delete", "mail"])).out).toBe("Deleted mail.\n");
  expect((await node.run(["queues", "set", "mail", "--burst", "5"])).err).toContain("--burst means nothing without a rate.");
  expect((await node.run(["queues", "set", "mail", "--concurrency", "0"])).err).toContain("pause the queue");
});
