import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Client, createClient } from "@punctual/client";
import type { Job, RunPage, RunWithAttempts } from "@punctual/contract";
import { eventually } from "@punctual/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isRunning } from "./lib/processes.ts";
import { punctualScript, startTestNode, type TestNode } from "./lib/test-node.ts";

let node: TestNode;
let agent: TestAgent;
let allowFile: string;
let client: Client;

beforeAll(async () => {
  node = await startTestNode();
  client = createClient({ baseUrl: node.server, apiKey: readFileSync(join(node.folder, ".punctual", "api-key"), "utf8").trim() });
  allowFile = join(node.folder, "commands.json");
  allow({
    hello: { command: "echo hello $PUNCTUAL_JOB_NAME $PUNCTUAL_ATTEMPT; echo oops >&2" },
    fail: { command: "echo almost; exit 3" },
    echo: { argv: ["/bin/echo", "-n"], args: true },
    tree: { command: "sleep 1000 & echo pid $!; (sleep 1000 & echo pid $!; wait) & echo pid $!; wait" },
    slow: { command: "echo begun; until [ -e go ]; do sleep 0.05; done; echo done", cwd: node.folder },
  });
  agent = startAgent("web-1");
  await agent.said(/leasing/);
}, 40_000);

afterAll(async () => {
  await agent.end();
  await node.stop();
}, 30_000);

type TestAgent = {
  said(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends SIGTERM. */
  ask(): void;
  exit: Promise<number | null>;
  end(): Promise<number | null>;
};

/** `punctual agent` as a process of its own, beside the node of this file. */
function startAgent(name: string, ...more: string[]): TestAgent {
  const args = [punctualScript, "agent", "--name", name, "--allow", allowFile, ...more];
  const child = spawn(process.execPath, args, { cwd: node.folder, env: { PATH: process.env.PATH, PUNCTUAL_SERVER: node.server } });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => void (text += String(chunk)));
  const said = (pattern: RegExp): Promise<RegExpExecArray> =>
    eventually(
      () => {
        const found = pattern.exec(text);
        if (found === null) throw new Error(`expected ${pattern}, the agent said:\n${text}`);
        return found;
      },
      { timeoutMs: 15_000 },
    );
  const exit = once(child, "exit").then(([code]) => code as number | null);
  const ask = (): void => void child.kill("SIGTERM");
  const end = (): Promise<number | null> => {
    ask();
    return exit;
  };
  return { said, ask, exit, end };
}

function allow(list: unknown): void {
  writeFileSync(allowFile, JSON.stringify(list), { mode: 0o600 });
}

/** Makes a job for the agent, triggers it, and answers its run's id. */
async function trigger(name: string, payload: unknown, job: object = {}): Promise<string> {
  const body = { cron: "0 0 1 1 *", timezone: "UTC", target: { type: "worker", queue: "agent.web-1" }, retry: { attempts: 1 }, ...job };
  const { exit, out, err } = await node.run(
    ["jobs", "create", "--name", name, "--file", "-", "--json"],
    JSON.stringify({ ...body, payload }),
  );
  if (exit !== 0) throw new Error(err);
  return (await node.json<{ runId: string }>("jobs", "trigger", (JSON.parse(out) as Job).jobId)).runId;
}

const runOf = (runId: string): Promise<RunWithAttempts> => node.json<RunWithAttempts>("runs", "get", runId);
const logOf = async (runId: string): Promise<string> => {
  const { items } = await client.runs.logs(runId);
  return items.map(({ level, message }) => `${level} ${message}`).join("\n");
};

async function ended(runId: string): Promise<RunWithAttempts> {
  return eventually(
    async () => {
      const run = await runOf(runId);
      return ["ready", "running", "waiting"].includes(run.status) ? false : run;
    },
    { timeoutMs: 15_000 },
  );
}

/** The processes that a run of `tree` named in its log. */
async function pidsOf(runId: string): Promise<number[]> {
  return eventually(
    async () => {
      const pids = [...(await logOf(runId)).matchAll(/pid (\d+)/g)].map((match) => Number(match[1]));
      return pids.length === 3 ? pids : false;
    },
    { timeoutMs: 15_000 },
  );
}

const isGone = (pid: number): boolean => !isRunning(pid);

test("a command runs on the agent's host: its lines are the run's log, its exit code the outcome", async () => {
  const good = await ended(await trigger("hello", { command: "hello" }));
  expect(good.status).toBe("succeeded");
  const log = await logOf(good.runId);
  expect(log).toContain("info hello hello 1");
  expect(log).toContain("error oops");
  const bad = await ended(await trigger("fail", { command: "fail" }));
  expect(bad.status).toBe("dead");
  expect(bad.attempts).toMatchObject([{ failureClass: "worker_error", error: "exit code 3", output: "almost\n" }]);
  await agent.said(new RegExp(`fail run ${bad.runId} attempt 1: exit code 3`));
});

test("what is not in the list does not run, and is not tried again; arguments never reach a shell", async () => {
  const mark = join(node.folder, "mark");
  const refused = await ended(await trigger("evil", { command: `hello; touch ${mark}` }, { retry: { attempts: 5 } }));
  expect(refused).toMatchObject({
    status: "dead",
    attempts: [{ error: expect.stringContaining("not in this agent's allow-list") as string }],
  });
  const args = await ended(await trigger("args", { command: "echo", args: [`; touch ${mark}`, `$(touch ${mark})`] }));
  expect(args.attempts[0]?.output).toBe(`; touch ${mark} $(touch ${mark})`);
  expect(existsSync(mark)).toBe(false);
});

test("a cancelled run takes the whole process group with it, within two seconds", async () => {
  const runId = await trigger("cancelled", { command: "tree" });
  const pids = await pidsOf(runId);
  const askedMs = performance.now();
  await node.run(["runs", "cancel", runId]);
  await eventually(() => pids.every(isGone), { timeoutMs: 10_000 });
  // Not two, because the machine of the tests has other things to do; a beat for each third of a lease, the other thing it could be, would take ten.
  expect(performance.now() - askedMs).toBeLessThan(5_000);
  expect((await ended(runId)).status).toBe("cancelled");
});

test("the job's time limit ends the whole process group", async () => {
  const runId = await trigger("limited", { command: "tree" }, { timeout: "3s" });
  const pids = await pidsOf(runId);
  expect(await ended(runId)).toMatchObject({ status: "dead", attempts: [{ failureClass: "timeout" }] });
  await eventually(() => pids.every(isGone), { timeoutMs: 10_000 });
});

test("a crontab is imported for an agent and runs as cron would run it", async () => {
  const crontab = join(node.folder, "crontab");
  writeFileSync(crontab, `SHELL=/bin/bash\nMAILTO=ops\nHOME=${node.folder}\n0 0 1 1 * pwd; [[ a == a ]] && cat%first%second\n`);
  const args = ["import", "crontab", crontab, "--agent", "web-1", "--allow-file", allowFile];
  expect(await node.run([...args, "--dry-run"])).toMatchObject({ exit: 0, out: expect.stringContaining("no mail is sent") as string });
  expect((await node.run(args)).exit).toBe(0);
  expect((await node.run(args)).out).toContain("1 unchanged");
  const [job] = (await node.json<{ items: Job[] }>("jobs", "list", "--label", "agent=web-1")).items;
  await node.json("jobs", "trigger", job?.jobId ?? "");
  const { items } = await node.json<RunPage>("runs", "list", "--job", job?.jobId ?? "");
  const run = await ended(items[0]?.runId ?? "");
  expect(run).toMatchObject({ status: "succeeded", attempts: [{ output: `${node.folder}\nfirst\nsecond\n` }] });
  expect((await ended(await trigger("still", { command: "hello" }))).status).toBe("succeeded");
});

test("at SIGTERM an agent takes nothing more, lets what runs end, and exits with 0", async () => {
  const runId = await trigger("draining", { command: "slow" });
  await eventually(async () => (await logOf(runId)).includes("begun"), { timeoutMs: 15_000 });
  agent.ask();
  await agent.said(/leaving/);
  writeFileSync(join(node.folder, "go"), "");
  expect(await agent.exit).toBe(0);
  expect(await runOf(runId)).toMatchObject({ status: "succeeded" });
});

test.each<[string, string[], number]>([
  ["at the end of its drain", ["--drain", "100ms"], 1],
  ["at a second SIGTERM", ["--drain", "1h"], 2],
])("%s an agent stops what still runs, and leaves no process behind", async (_, flags, signals) => {
  agent = startAgent("web-1", ...flags);
  const runId = await trigger(`stopped-${signals}`, { command: "tree" });
  const pids = await pidsOf(runId);
  agent.ask();
  await agent.said(/leaving: 1/);
  if (signals === 2) agent.ask();
  expect(await agent.exit).toBe(0);
  await eventually(() => pids.every(isGone));
  expect((await ended(runId)).status).toBe("dead");
});

test.each<[unknown, string]>([
  [{ a: { command: "true", args: true } }, "/a/args: goes with"],
  [{ a: { command: "true", user: "no-such-user" } }, "no-such-user"],
])("a list that cannot work ends the agent at its start, with the reason: %j", async (list, reason) => {
  const bad = join(node.folder, "bad.json");
  writeFileSync(bad, JSON.stringify(list), { mode: 0o600 });
  const { exit, err } = await node.run(["agent", "--name", "web-2", "--allow", bad]);
  expect(exit).toBe(16);
  expect(err).toContain(reason);
});
