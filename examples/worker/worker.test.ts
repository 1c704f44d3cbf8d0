import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { RunLogLine, RunPage } from "@punctual/contract";
import { eventually } from "@punctual/testkit";
import { expect, test } from "vitest";
import { startTestNode } from "../../packages/cli/test/lib/test-node.ts";

test("the example worker does the runs of its job, and ends in order when it is told to stop", async () => {
  const node = await startTestNode();
  const worker = spawn(process.execPath, [fileURLToPath(new URL("worker.mjs", import.meta.url))], {
    ...{ cwd: node.folder, env: { ...process.env, PUNCTUAL_SERVER: node.server } },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const lines = createInterface({ input: worker.stdout })[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe("hello world, in attempt 1");
    const run = await eventually(async () => (await node.json<RunPage>("runs", "list", "--status", "succeeded", "--limit", "1")).items[0]);
    const line = await node.json<RunLogLine>("runs", "logs", run?.runId ?? "");
    expect(line).toMatchObject({ attempt: 1, level: "info", message: "greeting world" });
    worker.kill("SIGTERM");
    expect(await once(worker, "exit")).toEqual([0, null]);
  } finally {
    worker.kill("SIGKILL");
    await node.stop();
  }
}, 30_000);
