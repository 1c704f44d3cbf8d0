import type * as Server from "@punctual/server";
import type { ConfigurationOption, Flags, Command as NodeVerb } from "@punctual/server";
import type { Command } from "commander";

/**
 * Makes a verb of the server: a flag for each option of its configuration schema, and an action that hands the flags over as they were written. The server
 * reads, judges and defaults them together with its file and its environment, so that the two cannot disagree about what a value means.
 *
 * @param run gets the server's front door and the flags by option name; resolves when the verb is done
 */
export async function defineNodeVerb(
  command: Command,
  name: NodeVerb,
  run: (server: typeof Server, flags: Flags) => Promise<void>,
): Promise<void> {
  const server = await import("@punctual/server");
  const known: readonly ConfigurationOption[] = server.configurationOptions;
  const options = known.filter((option) => option.commands.includes(name));
  for (const option of options) {
    const fallback = option.default === null ? "" : `; default: ${option.default}`;
    command.option(`${option.flag} <${option.type}>`, `${option.description} (${option.env}${fallback})`);
  }
  command.action(async () => {
    await run(server, flagsOf(command, options));
  });
}

/** Commander keys what was given by the flag's spelling, the server by the option's name. */
function flagsOf(command: Command, options: readonly ConfigurationOption[]): Flags {
  const flags: Flags = {};
  for (const option of options) {
    const parsed = command.options.find((candidate) => candidate.long === option.flag);
    const value = parsed === undefined ? undefined : (command.getOptionValue(parsed.attributeName()) as string | undefined);
    if (value !== undefined) flags[option.name] = value;
  }
  return flags;
}
