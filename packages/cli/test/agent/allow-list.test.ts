import { expect, test } from "vitest";
import { parseAllowList } from "../../src/agent/allow-list.ts";

test("a list of commands in both forms is understood", () => {
  const list = {
    backup: { command: "tar c /srv | gzip > /backup.gz", cwd: "/srv", env: { A: "1" }, user: "backup", timeout: "10m", stdin: "" },
    sync: { argv: ["/usr/bin/rsync", "-a"], args: true, crontab: "/etc/crontab" },
  };
  const { commands, faults } = parseAllowList(list);
  expect(faults).toEqual([]);
  expect(Object.fromEntries(commands)).toEqual(list);
});

test.each<[unknown, string]>([
  [[], ""],
  [null, ""],
  [{ "a b": { command: "x" } }, "/a b"],
  [{ "../x": { command: "x" } }, "/../x"],
  [{ a: "x" }, "/a"],
  [{ a: {} }, "/a"],
  [{ a: { command: "x", argv: ["x"] } }, "/a"],
  [{ a: { command: "" } }, "/a/command"],
  [{ a: { command: "x\0y" } }, "/a/command"],
  [{ a: { argv: [] } }, "/a/argv"],
  [{ a: { argv: ["x", 1] } }, "/a/argv"],
  [{ a: { argv: ["x\0"] } }, "/a/argv"],
  [{ a: { argv: ["x"], args: "yes" } }, "/a/args"],
  [{ a: { command: "x", args: true } }, "/a/args"],
  [{ a: { command: "x", cwd: "here" } }, "/a/cwd"],
  [{ a: { command: "x", env: { "A=B": "1" } } }, "/a/env"],
  [{ a: { command: "x", env: { A: 1 } } }, "/a/env"],
  [{ a: { command: "x", user: "--reuid=0" } }, "/a/user"],
  [{ a: { command: "x", timeout: "10" } }, "/a/timeout"],
  [{ a: { command: "x", timeuot: "10m" } }, "/a/timeuot"],
  [{ a: { command: "x", toString: "10m" } }, "/a/toString"],
])("%j is refused at %s, and nothing of the list is allowed", (list, pointer) => {
  const { commands, faults } = parseAllowList(list);
  expect(faults.map((fault) => fault.pointer)).toEqual([pointer]);
  expect(commands.size).toBe(0);
});

test("every fault of a list is told at once", () => {
  expect(parseAllowList({ a: { command: 1 }, b: { argv: 2 } }).faults).toEqual([
    { pointer: "/a/command", message: "must be a text for the shell" },
    { pointer: "/b/argv", message: "must be a list of texts, the program first" },
  ]);
});
