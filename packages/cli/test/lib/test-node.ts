import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createTestDatabase } from "@punctual/testkit";
import { type CliResult, runForTest } from "./test-io.ts";

export const punctualScript = fileURLToPath(new URL("../../bin/punctual.js", import.meta.url));

/** A real node, and the command line pointed at it. */
export type TestNode = {
  server: string;
  /** Where `dev` keeps its key, and where commands run. */
  folder: string;
  run(args: readonly string[], stdin?: string): Promise<CliResult>;
  /** Runs with `--json`; rejects unless the exit code is 0. */
  json<T>(...args: string[]): Promise<T>;
  stop(): Promise<void>;
};

/** Starts `punctual dev` as a process of its own, as people run it, on a database of its own. */
export async function startTestNode(): Promise<TestNode> {
  const database = await createTestDatabase();
  const folder = mkdtempSync(join(tmpdir(), "punctual-e2e-"));
  const child = spawn(process.execPath, [punctualScript, "dev", "--port", "0", "--log-level", "silent"], {
    cwd: folder,
    env: { PATH: process.env.PATH, DATABASE_URL: database.url },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const server = await addressOf(child);
  const run = (args: readonly string[], stdin?: string): Promise<CliResult> =>
    runForTest(args, { cwd: folder, env: { PUNCTUAL_SERVER: server }, nowMs: Date.now, ...(stdin === undefined ? {} : { stdin }) });
  return {
    server,
    folder,
    run,
    async json<T>(...args: string[]) {
      const { exit, out, err } = await run([...args, "--json"]);
      if (exit !== 0 || err !== "") throw new Error(`expected exit code 0 from ${args.join(" ")}, got ${exit}: ${err}`);
      return JSON.parse(out) as T;
    },
    async stop() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
      await database.drop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Reads the banner up to the address it names. */
async function addressOf(child: ChildProcess): Promise<string> {
  let text = "";
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    const address = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0];
    if (address !== undefined) return address;
  }
  throw new Error(`the node ended without naming its address:\n${text}`);
}
