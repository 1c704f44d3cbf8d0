import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Result } from "../faults/run.ts";

const program = fileURLToPath(new URL("../faults/main.ts", import.meta.url));
/** Real processes start and stop in it; on a busy machine that takes many times the seconds of the scenario. */
const timeoutMs = 180_000;

/** Plays a short scenario as `npm run faults` would, on what was built. */
async function play(scenario: string): Promise<Result & { drawing: string }> {
  const out = mkdtempSync(join(tmpdir(), "punctual-pictures-"));
  onTestFinished(() => rmSync(out, { recursive: true }));
  const args = ["--import", import.meta.resolve("tsx"), program, scenario, "--seconds", "6", "--json", "--out", out];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGTERM"));
  const [output, said] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  if (output === "") throw new Error(said);
  const result = JSON.parse(output) as Result;
  return { ...result, drawing: readFileSync(result.picture, "utf8") };
}

const flawless = { ok: true, missing: [], unexpected: [], fencing: [], epochs: [], unbalanced: [], problems: [] };

describe("a cluster of real processes misses nothing and doubles nothing without a cause", () => {
  it("while a node is ended with kill -9", { timeout: timeoutMs }, async () => {
    const result = await play("kill-every-5s");
    expect(result).toMatchObject({ ...flawless, bitten: { bit: true, kills: 1 } });
    expect(result.arrived).toBe(result.expected);
    expect(result.drawing).toContain("kill -9, node-1");
  });

  it("while a node is stopped for twice its lease and wakes", { timeout: timeoutMs }, async () => {
    expect(await play("stop-cont")).toMatchObject({ ...flawless, bitten: { bit: true } });
  });

  it("while the database crashes and comes back", { timeout: timeoutMs }, async () => {
    expect(await play("database-restart")).toMatchObject({ ...flawless, bitten: { bit: true } });
  });
});
