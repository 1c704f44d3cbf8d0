import { CommanderError } from "commander";
import { CliError } from "./cli-error.ts";
import { failureOf, failureText } from "./failure.ts";
import type { Io } from "./io.ts";
import { buildProgram } from "./program.ts";

/**
 * Runs one command line.
 *
 * @param args without `node` and the script
 * @returns the exit code, as the error catalogue defines it
 */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  try {
    // Commander's own `help` knows only the first level of verbs.
    const line = args[0] === "help" ? [...args.slice(1), "--help"] : [...args];
    const program = await buildProgram(io, verbWords(line));
    await program.parseAsync(line, { from: "user" });
    return io.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && isHelp(error))
      return error.code === "commander.help" ? (await failureOf({ code: "usage" })).exit : 0;
    const failure = await failureOf(error instanceof CommanderError ? usageError(error) : error);
    io.err(args.includes("--json") ? `${JSON.stringify(failure.problem)}\n` : failureText(failure));
    return failure.exit;
  }
}

/** The words in front of the first flag. */
function verbWords(args: readonly string[]): readonly string[] {
  const firstFlag = args.findIndex((arg) => arg.startsWith("-"));
  return firstFlag === -1 ? args : args.slice(0, firstFlag);
}

/** Help that was asked for ends well. Help shown because the verb was missing (`commander.help`) is an error of usage that has explained itself. */
function isHelp(error: CommanderError): boolean {
  return ["commander.helpDisplayed", "commander.help", "commander.version"].includes(error.code);
}

function usageError(error: CommanderError): CliError {
  const [sentence = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
  const detail = `${sentence[0]?.toUpperCase() ?? ""}${sentence.slice(1)}${/[.?!]$/.test(sentence) ? "" : "."}`;
  return new CliError("usage", detail, suggestion === undefined ? {} : { remedy: suggestion.replace(/^\(|\)$/g, "") });
}
