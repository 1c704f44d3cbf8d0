import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startTestNode } from "../../packages/cli/test/lib/test-node.ts";

test("the example creates a job, receives its webhook and prints its run", async () => {
  const node = await startTestNode();
  try {
    const script = fileURLToPath(new URL("first-job.mjs", import.meta.url));
    const env = { ...process.env, PUNCTUAL_SERVER: node.server };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script], { cwd: node.folder, env });
    expect(stdout).toMatch(/^run [0-9a-f-]{36} succeeded after \d+ ms, output: hello world\n$/);
    expect(stderr).toBe("");
  } finally {
    await node.stop();
  }
}, 30_000);
