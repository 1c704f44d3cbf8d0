import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readAllowFile, writeCrontabCommands } from "../../src/agent/allow-file.ts";
import type { AllowedCommand } from "../../src/agent/allow-list.ts";

const folder = mkdtempSync(join(tmpdir(), "punctual-allow-"));
afterAll(() => rmSync(folder, { recursive: true }));
const uid = process.getuid?.() ?? 0;

function fileOf(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

test("a list of one's own is read", async () => {
  expect([...(await readAllowFile(fileOf("good", '{"a":{"command":"true"}}', 0o644), uid)).keys()]).toEqual(["a"]);
});

test.each(["620", "602", "666"])("a list with the rights %s, which others can write, is refused", async (mode) => {
  await expect(readAllowFile(fileOf("open", "{}", Number.parseInt(mode, 8)), uid)).rejects.toMatchObject({
    code: "rights_missing",
    remedy: expect.stringContaining("chmod go-w") as string,
  });
});

// Only root can give files away.
test.runIf(uid === 0)("a list of another user is refused, unless that is root", async () => {
  const path = fileOf("foreign", "{}");
  await expect(readAllowFile(path, 12_345)).resolves.toEqual(new Map());
  chownSync(path, 12_345, 12_345);
  await expect(readAllowFile(path, 12_345)).resolves.toEqual(new Map());
  await expect(readAllowFile(path, uid)).rejects.toMatchObject({ code: "rights_missing" });
});

test("a list that is missing, no JSON or wrong is told apart, by its path", async () => {
  await expect(readAllowFile(join(folder, "none"), uid)).rejects.toMatchObject({ code: "file_unreadable" });
  await expect(readAllowFile(fileOf("text", "backup: yes"), uid)).rejects.toMatchObject({ code: "configuration_invalid" });
  await expect(readAllowFile(fileOf("wrong", '{"a":{}}'), uid)).rejects.toMatchObject({
    code: "configuration_invalid",
    message: expect.stringContaining(join(folder, "wrong")) as string,
    faults: [{ pointer: "/a", message: 'needs either "command" or "argv"' }],
  });
});

test("a crontab's commands replace those it had before, and no others", async () => {
  const path = join(folder, "list");
  const of = (crontab: string, ...names: string[]) =>
    new Map<string, AllowedCommand>(names.map((name) => [name, { command: name, crontab }]));
  await writeCrontabCommands(path, "/a", of("/a", "a1", "a2"), "remove");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, "utf8")) as object), mine: { command: "mine" } }));
  chmodSync(path, 0o644);
  await writeCrontabCommands(path, "/b", of("/b", "b1"), "remove");
  await writeCrontabCommands(path, "/a", of("/a", "a2", "a3"), "keep");
  expect([...(await readAllowFile(path, uid)).keys()].sort()).toEqual(["a1", "a2", "a3", "b1", "mine"]);
  await writeCrontabCommands(path, "/a", of("/a", "a2", "a3"), "remove");
  expect([...(await readAllowFile(path, uid)).keys()].sort()).toEqual(["a2", "a3", "b1", "mine"]);
  expect(statSync(path).mode & 0o777).toBe(0o644);
});

test("a file that is no allow-list is not overwritten", async () => {
  const path = fileOf("notes", "my notes");
  await expect(writeCrontabCommands(path, "/a", new Map(), "remove")).rejects.toMatchObject({ code: "configuration_invalid" });
  expect(readFileSync(path, "utf8")).toBe("my notes");
  await expect(writeCrontabCommands(join(folder, "no", "list"), "/a", new Map(), "remove")).rejects.toMatchObject({
    code: "rights_missing",
  });
});
