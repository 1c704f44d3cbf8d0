import { runKinds, runStates } from "@punctual/contract";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { buildProgram } from "../src/program.ts";
import { kinds, runStatuses } from "../src/verbs/runs/list.ts";
import { runForTest } from "./lib/test-io.ts";

const io = {
  out: () => undefined,
  err: () => undefined,
  env: {},
  cwd: "/",
  nowMs: () => 0,
  sleep: () => Promise.resolve(),
  timezone: "UTC",
  progress: () => {},
  readStdin: () => Promise.resolve(""),
  colour: false,
  exitCode: 0,
};

function leavesOf(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => void (text += part) });
  command.outputHelp();
  return text;
}

/** The words of the last command of a shell line, without redirections. */
function shellWords(line: string): string[] {
  const command = line.split(" | ").at(-1)?.split(" < ")[0] ?? "";
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

test("the help of every verb ends with examples, and every example parses", async () => {
  const leaves = leavesOf(await buildProgram(io, "all"));
  expect(leaves.length).toBeGreaterThan(15);
  for (const leaf of leaves) {
    const examples =
      helpOf(leaf)
        .split(/\nExamples?:\n/)[1]
        ?.split("\n")
        .filter((line) => /^ {2}\S/.test(line)) ?? [];
    expect(examples, leaf.name()).not.toEqual([]);
    for (const example of examples) {
      const program = await buildProgram(io, "all");
      const ran: string[] = [];
      for (const command of leavesOf(program)) command.action(() => void ran.push(command.name()));
      const [name, ...args] = shellWords(example);
      expect(name).toBe("punctual");
      await program.parseAsync(args, { from: "user" });
      expect(ran, example).toEqual([leaf.name()]);
    }
  }
});

test.each([
  [["jbos"], "Unknown command 'jbos'.", "Did you mean jobs?"],
  [["jobs", "lst"], "Unknown command 'lst'.", "Did you mean list?"],
  [["jobs", "list", "--stauts", "active"], "Unknown option '--stauts'.", "Did you mean --status?"],
  [["jobs", "list", "--status", "asleep"], "Allowed choices are active, paused, completed.", "See --help."],
  [["jobs", "list", "--limit", "0"], "It must be at least 1.", "See --help."],
  [["jobs", "get"], "Missing required argument 'job'.", "See --help."],
  [["jobs", "get", "a", "b"], "Too many arguments", "See --help."],
  [["preview"], "No schedule is given.", "Give a cron pattern in quotes"],
  [["jobs", "list", "--server", "localhost:8080"], '"localhost:8080" is not the address of a server.', "Write it with http:// or https://"],
])("%j is refused with exit code 2 and the way out", async (args, sentence, remedy) => {
  const { exit, out, err } = await runForTest(args);
  expect([exit, out]).toEqual([2, ""]);
  expect(err).toContain(sentence);
  expect(err).toContain(remedy);
});

test("with --json a refusal is a problem document on standard error", async () => {
  const { exit, out, err } = await runForTest(["jobs", "list", "--json", "--stauts", "active"]);
  expect([exit, out]).toEqual([2, ""]);
  expect(JSON.parse(err)).toMatchObject({ code: "usage", detail: "Unknown option '--stauts'.", remedy: "Did you mean --status?" });
});

test.each([[["--help"]], [["help", "jobs", "create"]], [["jobs", "create", "--help"]], [["jobs", "--help"]], [["--version"]]])(
  "%j is answered, exit code 0",
  async (args) => {
    const { exit, out, err } = await runForTest(args);
    expect([exit, err]).toEqual([0, ""]);
    expect(out).not.toBe("");
  },
);

test("a group without a verb shows its help on standard error, exit code 2", async () => {
  const { exit, out, err } = await runForTest(["jobs"]);
  expect([exit, out]).toEqual([2, ""]);
  expect(err).toContain("create a job");
});

test("the statuses of runs are the contract's", () => {
  expect(runStatuses).toEqual(runStates);
  expect(kinds).toEqual(runKinds);
});
