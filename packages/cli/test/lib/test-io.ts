import type { Io } from "../../src/io.ts";
import { runCli } from "../../src/run-cli.ts";

export type CliResult = { exit: number; out: string; err: string };

/** Runs one command line in this process, with a world of its own: no environment, no key file, a fixed clock. */
export async function runForTest(
  args: readonly string[],
  world: Partial<Pick<Io, "env" | "cwd" | "nowMs" | "sleep" | "timezone" | "colour">> & { stdin?: string } = {},
): Promise<CliResult> {
  const { stdin = "", ...given } = world;
  const written = { out: "", err: "" };
  const io: Io = {
    out: (text) => void (written.out += text),
    err: (text) => void (written.err += text),
    env: {},
    cwd: "/nowhere",
    nowMs: () => Date.parse("2027-03-01T09:00:00Z"),
    timezone: "UTC",
    colour: false,
    sleep: () => Promise.resolve(),
    progress: () => {},
    readStdin: () => Promise.resolve(stdin),
    exitCode: 0,
    ...given,
  };
  const exit = await runCli(args, io);
  return { exit, ...written };
}
