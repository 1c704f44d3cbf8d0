import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ownAccount } from "../../src/agent/account.ts";
import { type AgentRun, carryOut } from "../../src/agent/carry-out.ts";

const folder = mkdtempSync(join(tmpdir(), "punctual-carry-"));
afterAll(() => rmSync(folder, { recursive: true }));
const allowFile = join(folder, "commands.json");
const allow = (list: unknown): void => writeFileSync(allowFile, JSON.stringify(list), { mode: 0o600 });

async function run(payload: unknown, more: Partial<AgentRun> = {}) {
  const lines: string[] = [];
  const facts = {
    runId: "r1",
    attempt: 1,
    nominalAt: "2027-03-01T09:00:00.000Z",
    jobName: "nightly",
    signal: new AbortController().signal,
  };
  const end = await carryOut(
    { ...facts, payload, log: (message, level) => void lines.push(`${level} ${message}`), ...more },
    { allowFile, own: ownAccount(), graceMs: 5_000, outputBytes: 1_024, lineChars: 100 },
  );
  return { ...end, lines };
}

test("a command of the list runs, and its lines, output and exit code tell how", async () => {
  allow({ good: { command: "echo fine; echo but >&2" }, bad: { argv: ["/bin/sh", "-c", "echo no; exit 7"] } });
  const good = await run({ command: "good" });
  expect(good).toMatchObject({ command: "good", error: null });
  expect(good.lines.sort()).toEqual(["error but", "info fine"]);
  expect(await run({ command: "bad" })).toMatchObject({ error: "exit code 7", retryable: true, output: "no\n" });
});

test("what is not in the list never runs, is not tried again, and says why", async () => {
  allow({ good: { argv: ["/bin/echo"], args: true } });
  const mark = join(folder, "mark");
  for (const command of [`touch ${mark}`, `good; touch ${mark}`, `$(touch ${mark})`]) {
    expect(await run({ command })).toMatchObject({
      retryable: false,
      error: expect.stringContaining("not in this agent's allow-list") as string,
    });
  }
  expect(await run({ command: "good", args: [`; touch ${mark}`, `$(touch ${mark})`] })).toMatchObject({
    error: null,
    output: `; touch ${mark} $(touch ${mark})\n`,
  });
  expect(existsSync(mark)).toBe(false);
});

test("a change of the list holds for the next run", async () => {
  allow({ x: { command: "true" } });
  expect((await run({ command: "x" })).error).toBe(null);
  allow({});
  expect((await run({ command: "x" })).retryable).toBe(false);
  allow({ x: { comand: "true" } });
  expect((await run({ command: "x" })).error).toMatch(/^not started: .+ is no allow-list\..* \/x\/comand is no field/);
});

test("a command knows its run, and not what the agent knows", async () => {
  process.env.PUNCTUAL_TEST_SECRET = "agent's own";
  allow({ env: { command: "env" } });
  const { output } = await run({ command: "env" });
  expect(output).toMatch(/^PUNCTUAL_RUN_ID=r1$/m);
  expect(output).toMatch(/^PUNCTUAL_JOB_NAME=nightly$/m);
  expect(output).not.toContain("agent's own");
});

test("the entry's time limit and the end of the lease stop the command", async () => {
  allow({ slow: { command: "sleep 1000", timeout: "100ms" }, slower: { command: "echo on; sleep 1000" } });
  expect(await run({ command: "slow" })).toMatchObject({ error: "stopped after its time limit of 100ms" });
  const stopping = new AbortController();
  const log = (): void => stopping.abort(new Error("it was cancelled"));
  expect(await run({ command: "slower" }, { signal: stopping.signal, log })).toMatchObject({ error: "it was cancelled", output: "on\n" });
});

// Without root nobody can become another user.
test.runIf(process.getuid?.() === 0)("an agent of root runs a command as the user of its entry, with that user's groups", async () => {
  allow({ who: { command: "id -un; id -Gn; echo $LOGNAME", user: "nobody", cwd: "/" } });
  const groups = execFileSync("id", ["-Gn", "nobody"], { encoding: "utf8" });
  expect(await run({ command: "who" })).toMatchObject({ error: null, output: `nobody\n${groups}nobody\n` });
});
