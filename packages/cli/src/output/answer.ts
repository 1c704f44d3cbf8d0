import type { Command } from "commander";
import type { Io } from "../io.ts";

/** Adds the flag that every verb with something to show has. */
export function withJson(command: Command): Command {
  return command.option("--json", "write one JSON document, and errors as problem documents");
}

/** Writes a result: the exact object for programs, else the words for people. */
export async function answer(io: Io, options: { json?: true }, value: unknown, words: () => string | Promise<string>): Promise<void> {
  io.out(options.json === true ? `${JSON.stringify(value, null, 2)}\n` : await words());
}
