import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Job, JobPage } from "@punctual/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestNode, type TestNode } from "./lib/test-node.ts";

let node: TestNode;

beforeAll(async () => {
  node = await startTestNode();
}, 30_000);

afterAll(() => node.stop(), 30_000);

test("a crontab is planned, imported, imported again without a change, and a changed line updates its job", async () => {
  const file = join(node.folder, "crontab");
  const args = ["import", "crontab", file, "--target-url", "http://127.0.0.1:9/run", "--json"];
  const actions = async (...more: string[]): Promise<{ exit: number; actions: string[]; refused: number[] }> => {
    const { exit, out } = await node.run([...args, ...more]);
    const report = JSON.parse(out) as { lines: { action: string }[]; refused: { line: number }[] };
    return { exit, actions: report.lines.map((line) => line.action), refused: report.refused.map((line) => line.line) };
  };
  writeFileSync(file, "PATH=/bin\nCRON_TZ=Asia/Tokyo\n0 9 * * * report --all\n@daily rotate%now\n");
  expect(await actions("--dry-run")).toEqual({ exit: 0, actions: ["create", "create"], refused: [] });
  expect((await node.json<JobPage>("jobs", "list", "--label", "crontab=crontab")).items).toEqual([]);
  expect(await actions()).toEqual({ exit: 0, actions: ["create", "create"], refused: [] });
  expect(await actions()).toEqual({ exit: 0, actions: ["unchanged", "unchanged"], refused: [] });
  expect(await actions("--dry-run")).toEqual({ exit: 0, actions: ["unchanged", "unchanged"], refused: [] });

  writeFileSync(file, "# a comment above\nPATH=/bin\nCRON_TZ=Asia/Tokyo\n0 8 * * * report --all\n@daily rotate%now\n@reboot warm-up\n");
  expect(await actions("--dry-run")).toEqual({ exit: 8, actions: ["update", "unchanged"], refused: [6] });
  expect(await actions()).toEqual({ exit: 8, actions: ["update", "unchanged"], refused: [6] });
  const [job] = (await node.json<JobPage>("jobs", "list", "--name-prefix", "crontab-report")).items;
  expect(job).toMatchObject({ cron: "0 8 * * *", timezone: "Asia/Tokyo", revision: 2, labels: { crontab: "crontab" } });
  const { payload } = await node.json<Job>("jobs", "get", job?.jobId ?? "");
  expect(payload).toEqual({ command: "report --all", environment: { PATH: "/bin", CRON_TZ: "Asia/Tokyo" }, source: { file: "crontab" } });
});

test("an import that the server refuses names the lines and is no success", async () => {
  const { exit, out } = await node.run(["import", "crontab", "-", "--target-url", "ftp://nowhere/"], "* * * * * a\n* * * * * b\n");
  expect(exit).toBe(3);
  expect(out).toMatch(/line 1 failed: .+\nline 2 failed: /);
});
