import { expect, test } from "vitest";
import type { AllowedCommand } from "../../src/agent/allow-list.ts";
import { chooseCommand, invocationOf, RefusedRun } from "../../src/agent/invocation.ts";

const list = new Map<string, AllowedCommand>([
  ["shell", { command: "echo $1" }],
  ["bash", { command: "echo", env: { SHELL: "/bin/bash", PATH: "/opt", HOME: "/", LOGNAME: "fake" }, stdin: "in\n" }],
  ["fixed", { argv: ["/bin/echo", "a"] }],
  ["open", { argv: ["/bin/echo", "a"], args: true, cwd: "/tmp" }],
]);
const run = { runId: "r", attempt: 2, nominalAt: "2027-03-01T09:00:00.000Z", jobName: null };
const alice = { name: "alice", uid: 1000, gid: 1000, home: "/" };
const invoke = (payload: unknown, own = alice) => invocationOf(chooseCommand(list, payload), run, own);

test.each<[unknown, string]>([
  [null, "payload must be"],
  ["shell", "payload must be"],
  [{ command: 1 }, "payload must be"],
  [{ command: "rm -rf /" }, "not in this agent's allow-list"],
  [{ command: "shell; rm" }, "not in this agent's allow-list"],
  [{ command: "toString" }, "not in this agent's allow-list"],
  [{ command: "shell", args: ["; rm"] }, "takes no arguments"],
  [{ command: "fixed", args: ["x"] }, "takes no arguments"],
  [{ command: "open", args: "x" }, "list of texts"],
  [{ command: "open", args: [1] }, "list of texts"],
  [{ command: "open", args: ["a\0b"] }, "list of texts"],
  [{ command: "open", env: { LD_PRELOAD: "x.so" } }, 'has the field "env"'],
])("the payload %j is refused", (payload, reason) => {
  expect(() => chooseCommand(list, payload)).toThrow(RefusedRun);
  expect(() => chooseCommand(list, payload)).toThrow(reason);
});

test("arguments are given to the program one by one, and no shell reads them", async () => {
  expect(await invoke({ command: "open", args: ["; rm -rf /", "$(id)"] })).toMatchObject({
    file: "/bin/echo",
    args: ["a", "; rm -rf /", "$(id)"],
    cwd: "/tmp",
    stdin: null,
  });
});

test("a command gets cron's few variables and the run's, and nothing of the agent's own", async () => {
  const { file, args, env, cwd } = await invoke({ command: "shell" });
  expect({ file, args, cwd }).toEqual({ file: "/bin/sh", args: ["-c", "echo $1"], cwd: "/" });
  expect(env).toEqual({
    SHELL: "/bin/sh",
    PATH: "/usr/bin:/bin",
    HOME: "/",
    LOGNAME: "alice",
    USER: "alice",
    PUNCTUAL_RUN_ID: "r",
    PUNCTUAL_ATTEMPT: "2",
    PUNCTUAL_NOMINAL_AT: run.nominalAt,
    PUNCTUAL_JOB_NAME: "",
  });
});

test("SHELL, PATH and HOME of the entry count, and who it is cannot be changed, as in cron", async () => {
  const { file, env, stdin } = await invoke({ command: "bash" });
  expect(file).toBe("/bin/bash");
  expect(env).toMatchObject({ PATH: "/opt", HOME: "/", LOGNAME: "alice" });
  expect(stdin).toBe("in\n");
});

test("a folder that is not there is named, instead of the program", async () => {
  const lost = new Map<string, AllowedCommand>([["lost", { command: "true", cwd: "/no/such/folder" }]]);
  await expect(invocationOf(chooseCommand(lost, { command: "lost" }), run, alice)).rejects.toThrow(
    "its folder /no/such/folder is not there",
  );
});

const asOther = (user: string) => chooseCommand(new Map<string, AllowedCommand>([["x", { command: "id -un", user }]]), { command: "x" });

test("only root runs commands as other users, and only as those that exist", async () => {
  await expect(invocationOf(asOther("bob"), run, alice)).rejects.toThrow("Command x is for user bob, and this agent runs as alice.");
  await expect(invocationOf(asOther("no-such-user"), run, { ...alice, name: "root", uid: 0 })).rejects.toThrow("does not exist");
  expect((await invocationOf(asOther("alice"), run, alice)).file).toBe("/bin/sh");
});
