import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { eventually } from "@punctual/testkit";
import { expect, test } from "vitest";
import type { Invocation } from "../../src/agent/invocation.ts";
import { type CommandEnd, runCommand, type Stream } from "../../src/agent/run-command.ts";
import { isRunning } from "../lib/processes.ts";

type Started = { end: Promise<CommandEnd>; lines: [Stream, string][]; stop(): void; pids(): number[] };

/** Runs a text in sh; lines such as `pid 42` tell the test of processes. */
function sh(command: string, more: Partial<Invocation> & { graceMs?: number } = {}): Started {
  const { graceMs = 5_000, ...invocation } = more;
  const lines: [Stream, string][] = [];
  const stopping = new AbortController();
  const end = runCommand(
    { file: "/bin/sh", args: ["-c", command], cwd: "/", env: { PATH: "/usr/bin:/bin" }, stdin: null, ...invocation },
    { onLine: (stream, line) => void lines.push([stream, line]), stop: stopping.signal, graceMs, outputBytes: 64, lineChars: 80 },
  );
  end.catch(() => undefined);
  const pids = (): number[] => lines.flatMap(([, line]) => (line.startsWith("pid ") ? [Number(line.slice(4))] : []));
  return { end, lines, stop: () => stopping.abort(), pids };
}

test("what a command writes comes as lines of its stream, and the end of it all as output", async () => {
  const { end, lines } = sh("echo one; echo two >&2; printf three");
  expect(await end).toMatchObject({ exitCode: 0, signal: null, leftProcesses: false });
  expect(lines.filter(([stream]) => stream === "stdout")).toEqual([
    ["stdout", "one"],
    ["stdout", "three"],
  ]);
  expect(lines).toContainEqual(["stderr", "two"]);
  expect((await sh("seq 100").end).output).toMatch(/^\d*\n(\d+\n)+100\n$/);
});

test.each([
  ["exit 3", 3, null],
  ["kill -9 $$", null, "SIGKILL"],
])("`%s` ends with exit code %s and signal %s", async (command, exitCode, signal) => {
  expect(await sh(command).end).toMatchObject({ exitCode, signal });
});

test("a command reads what it is given, else its input is empty, and need not read it", async () => {
  expect((await sh("cat", { stdin: "a\nb\n" }).end).output).toBe("a\nb\n");
  expect((await sh("cat").end).output).toBe("");
  expect((await sh("exit 0", { stdin: "x".repeat(1_000_000) }).end).exitCode).toBe(0);
});

test("a program that is not there rejects", async () => {
  await expect(sh("", { file: "/no/such/program" }).end).rejects.toMatchObject({ code: "ENOENT" });
});

test("a command that is stopped takes its whole group with it", async () => {
  const { end, stop, pids } = sh("sleep 1000 & echo pid $!; (sleep 1000 & echo pid $!; wait) & echo pid $!; wait");
  await eventually(() => pids().length === 3);
  stop();
  expect(await end).toMatchObject({ signal: "SIGTERM", leftProcesses: false });
  expect(pids().filter(isRunning)).toEqual([]);
});

test("what ignores the asking is killed after the grace, though its parent has ended", async () => {
  const { end, stop, pids } = sh("(trap '' TERM; echo pid $(exec sh -c 'echo $PPID'); while :; do sleep 1000; done) & sleep 1000", {
    graceMs: 100,
  });
  await eventually(() => pids().length === 1);
  stop();
  expect(await end).toMatchObject({ signal: "SIGTERM" });
  await eventually(() => !pids().some(isRunning));
});

test("what a command leaves in its group ends with it, and is told", async () => {
  const { end, pids } = sh("sleep 1000 & echo pid $!");
  expect(await end).toMatchObject({ exitCode: 0, leftProcesses: true });
  await eventually(() => !pids().some(isRunning));
});

test("a service that left the group lives on, and does not hold the run though it holds its output", async () => {
  const { end, pids } = sh("pid=$(setsid -f sh -c 'echo $$; exec sleep 1000 >&2'); echo pid $pid");
  expect(await end).toMatchObject({ exitCode: 0, leftProcesses: false });
  expect(pids().map(isRunning)).toEqual([true]);
  process.kill(pids()[0] as number, "SIGKILL");
});

test("a zombie, which a host without an init process may keep for ever, does not hold the run", async () => {
  const mark = join(mkdtempSync(join(tmpdir(), "punctual-zombie-")), "ready");
  // The inner shell leaves the group after it has made a child, and turns into a program that never asks how that child ended.
  const leaving = `true & exec setsid sh -c 'echo pid $$; : > ${mark}; exec sleep 1000 > /dev/null 2>&1'`;
  const { end, pids } = sh(`(${leaving}) & until [ -e ${mark} ]; do :; done`);
  expect(await end).toMatchObject({ exitCode: 0, leftProcesses: false });
  process.kill(pids()[0] as number, "SIGKILL");
  rmSync(dirname(mark), { recursive: true });
});
