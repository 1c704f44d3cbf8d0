import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Job, JobPage, RunPage, RunWithAttempts } from "@punctual/contract";
import { createTestDatabase, type Receiver, startReceiver, type TestDatabase } from "@punctual/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CliResult } from "./lib/test-io.ts";
import { runForTest } from "./lib/test-io.ts";

const punctual = fileURLToPath(new URL("../bin/punctual.js", import.meta.url));

let database: TestDatabase;
let receiver: Receiver;
let folder: string;
let node: ChildProcess;
let server: string;

beforeAll(async () => {
  database = await createTestDatabase();
  receiver = await startReceiver();
  folder = mkdtempSync(join(tmpdir(), "punctual-e2e-"));
  // `dev` as a process of its own, as people run it: it listens to signals and ends.
  node = spawn(process.execPath, [punctual, "dev", "--port", "0", "--log-level", "silent"], {
    cwd: folder,
    env: { PATH: process.env.PATH, DATABASE_URL: database.url },
    stdio: ["ignore", "pipe", "inherit"],
  });
  server = await addressOf(node);
}, 30_000);

afterAll(async () => {
  node.kill("SIGTERM");
  if (node.exitCode === null) await once(node, "exit");
  await receiver.stop();
  await database.drop();
  rmSync(folder, { recursive: true });
}, 30_000);

/** Reads the banner up to the address it names. */
async function addressOf(child: ChildProcess): Promise<string> {
  let text = "";
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    const address = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0];
    if (address !== undefined) return address;
  }
  throw new Error(`the node ended without naming its address:\n${text}`);
}

const run = (args: readonly string[], stdin?: string): Promise<CliResult> =>
  runForTest(args, { cwd: folder, env: { PUNCTUAL_SERVER: server }, nowMs: Date.now, ...(stdin === undefined ? {} : { stdin }) });

async function json<T>(...args: string[]): Promise<T> {
  const { exit, out, err } = await run([...args, "--json"]);
  expect([exit, err]).toEqual([0, ""]);
  return JSON.parse(out) as T;
}

test("a fresh server is told apart from one where nothing matches, in words", async () => {
  expect((await run(["jobs", "list"])).out).toContain("No jobs yet. Create one with punctual jobs create");
  expect((await run(["jobs", "list", "--status", "paused"])).out).toBe("No job matches.\n");
  expect((await run(["runs", "list"])).out).toContain("No runs yet.");
  expect(await json<JobPage>("jobs", "list")).toEqual({ items: [], nextCursor: null });
});

test("doctor finds a node that is well", async () => {
  const { findings } = await json<{ findings: { check: string; verdict: string }[] }>("doctor");
  expect(findings.map(({ check, verdict }) => [check, verdict])).toEqual([
    ["node", "ok"],
    ["server", "ok"],
    ["clock", "ok"],
    ["database", "ok"],
    ["key", "ok"],
  ]);
});

test("a job is created, seen, changed, paused, resumed, triggered and deleted by its name", async () => {
  const url = `${receiver.url}/report`;
  const created = await json<Job>(
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
  expect((await json<JobPage>("jobs", "list", "--label", "team=billing")).items.map((job) => job.name)).toEqual(["report"]);
  expect((await run(["jobs", "get", "report"])).out).toContain("0 9 * * 1-5 (Europe/Berlin)");

  const updated = await json<Job>("jobs", "update", "report", "--method", "PUT", "--misfire-window", "1h");
  expect(updated).toMatchObject({
    revision: 2,
    target: { url, method: "PUT" },
    misfire: { policy: "skip", window: "1h" },
    cron: "0 9 * * 1-5",
  });
  expect(await json<Job>("jobs", "pause", "report", "--reason", "receiver moves")).toMatchObject({
    status: "paused",
    pauseReason: "receiver moves",
  });
  expect((await run(["jobs", "resume", "report"])).out).toMatch(/^Resumed report\. It fires next at .+ \(in .+\)\.\n$/);

  const triggered = await json<{ runId: string }>("jobs", "trigger", "report", "--payload", '"once"', "--idempotency-key", "k1");
  expect(await json("jobs", "trigger", "report", "--payload", '"once"', "--idempotency-key", "k1")).toMatchObject({
    runId: triggered.runId,
  });
  const [request] = await receiver.waitFor(1);
  expect(request).toMatchObject({ method: "PUT", path: "/report", body: "once" });

  expect((await run(["jobs", "delete", "report"])).out).toContain("Deleted report.");
  expect((await run(["jobs", "get", "report"])).exit).toBe(4);
});

test("a run shows its attempts and what the target answered", async () => {
  receiver.answer({ status: 201, body: "made\u001b[31m" });
  const { jobId } = await json<Job>(
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
  const { runId } = await json<{ runId: string }>("jobs", "trigger", "once");
  await receiver.waitFor(before + 1);
  const shown = await untilEnded(runId);
  expect(shown).toMatchObject({ jobId, status: "succeeded", attempts: [{ outcome: "succeeded", statusCode: 201 }] });
  const { out } = await run(["runs", "get", runId]);
  expect(out).toContain("made\\u001b[31m");
  expect((await json<RunPage>("runs", "list", "--job", "once", "--status", "succeeded")).items.map((item) => item.runId)).toEqual([runId]);
});

/** The answer reaches the receiver's caller a moment before it is recorded. Each look is a request of its own, which is pause enough. */
async function untilEnded(runId: string): Promise<RunWithAttempts> {
  for (;;) {
    const shown = await json<RunWithAttempts>("runs", "get", runId);
    if (shown.finishedAt !== null) return shown;
  }
}

test("a dry run of create checks the schedule and creates nothing", async () => {
  const good = await run(["jobs", "create", "--name", "dry", "--cron", "0 9 * * *", "--url", receiver.url, "--dry-run"]);
  expect([good.exit, good.out.split("\n").length]).toEqual([0, 12]);
  const bad = await run(["jobs", "create", "--name", "dry", "--cron", "61 * * * *", "--url", receiver.url, "--dry-run"]);
  expect([bad.exit, bad.err.includes("61")]).toEqual([3, true]);
  expect((await run(["jobs", "get", "dry"])).exit).toBe(4);
});

test("what the server refuses is said in one go, with the place and the remedy", async () => {
  const { exit, out, err } = await run(
    ["jobs", "create", "--file", "-", "--json"],
    '{"cron":"* * * * *","target":{"type":"http","url":"http://h/"},"zzz":1}',
  );
  expect([exit, out]).toEqual([3, ""]);
  expect(JSON.parse(err)).toMatchObject({ code: "request_invalid", status: 422, errors: [{ pointer: "/zzz" }] });
});

test("a wrong key is refused, exit code 5", async () => {
  expect((await run(["jobs", "list", "--api-key", "wrong"])).exit).toBe(5);
});

test("--limit takes as many as it says, and the cursor continues behind them", async () => {
  for (let index = 0; index < 3; index++) await json("jobs", "create", "--name", `page-${index}`, "--every", "1h", "--url", receiver.url);
  const page = await json<JobPage>("jobs", "list", "--name-prefix", "page-", "--limit", "2");
  expect([page.items.length, typeof page.nextCursor]).toEqual([2, "string"]);
  const table = await run(["jobs", "list", "--name-prefix", "page-", "--limit", "2"]);
  expect(table.out.trimEnd().split("\n").slice(3)).toEqual(["There are more; ask for them with --limit."]);
  expect((await json<JobPage>("jobs", "list", "--name-prefix", "page-")).items.length).toBe(3);
});

test("a crontab is planned, imported, imported again without a change, and a changed line updates its job", async () => {
  const file = join(folder, "crontab");
  const args = ["import", "crontab", file, "--target-url", `${receiver.url}/run`, "--json"];
  const actions = async (...more: string[]): Promise<{ exit: number; actions: string[]; refused: number[] }> => {
    const { exit, out } = await run([...args, ...more]);
    const report = JSON.parse(out) as { lines: { action: string }[]; refused: { line: number }[] };
    return { exit, actions: report.lines.map((line) => line.action), refused: report.refused.map((line) => line.line) };
  };
  writeFileSync(file, "PATH=/bin\nCRON_TZ=Asia/Tokyo\n0 9 * * * report --all\n@daily rotate%now\n");
  expect(await actions("--dry-run")).toEqual({ exit: 0, actions: ["create", "create"], refused: [] });
  expect((await json<JobPage>("jobs", "list", "--label", "crontab=crontab")).items).toEqual([]);
  expect(await actions()).toEqual({ exit: 0, actions: ["create", "create"], refused: [] });
  expect(await actions()).toEqual({ exit: 0, actions: ["unchanged", "unchanged"], refused: [] });
  expect(await actions("--dry-run")).toEqual({ exit: 0, actions: ["unchanged", "unchanged"], refused: [] });

  writeFileSync(file, "# a comment above\nPATH=/bin\nCRON_TZ=Asia/Tokyo\n0 8 * * * report --all\n@daily rotate%now\n@reboot warm-up\n");
  expect(await actions("--dry-run")).toEqual({ exit: 8, actions: ["update", "unchanged"], refused: [6] });
  expect(await actions()).toEqual({ exit: 8, actions: ["update", "unchanged"], refused: [6] });
  const [job] = (await json<JobPage>("jobs", "list", "--name-prefix", "crontab-report")).items;
  expect(job).toMatchObject({ cron: "0 8 * * *", timezone: "Asia/Tokyo", revision: 2, labels: { crontab: "crontab" } });
  const { payload } = await json<Job>("jobs", "get", job?.jobId ?? "");
  expect(payload).toEqual({ command: "report --all", environment: { PATH: "/bin", CRON_TZ: "Asia/Tokyo" }, source: { file: "crontab" } });
});

test("an import that the server refuses names the lines and is no success", async () => {
  const { exit, out } = await run(["import", "crontab", "-", "--target-url", "ftp://nowhere/"], "* * * * * a\n* * * * * b\n");
  expect(exit).toBe(3);
  expect(out).toMatch(/line 1 failed: .+\nline 2 failed: /);
});

test("a list that nobody reads to its end is no error", async () => {
  const child = spawn(process.execPath, [punctual, "jobs", "list", "--json"], {
    cwd: folder,
    env: { PATH: process.env.PATH, PUNCTUAL_SERVER: server },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.destroy();
  let said = "";
  child.stderr.on("data", (chunk) => void (said += String(chunk)));
  const [code] = (await once(child, "exit")) as [number];
  expect([code, said]).toEqual([0, ""]);
});
