import type { Command } from "commander";

export type NodeCommand = "dev" | "start" | "migrate";
type Flags = { readonly [name: string]: string | undefined };

/** What this package asks of the server's front door. */
type ConfigurationOption = {
  /** In camelCase, the key of the flags handed over. */
  name: string;
  flag: string;
  env: string;
  type: "string" | "integer" | "duration" | "boolean";
  default: string | null;
  description: string;
  commands: readonly NodeCommand[];
};
type Server = { configurationOptions: readonly ConfigurationOption[] } & {
  [K in "runDev" | "runStart" | "runMigrate"]: (flags: Flags) => Promise<void>;
};

const runners = { dev: "runDev", start: "runStart", migrate: "runMigrate" } as const;

/**
 * Makes a verb of the server: a flag for each option of its configuration schema, and an action that hands the flags over as they were written. The server
 * reads, judges and defaults them together with its file and its environment, so the two can never disagree.
 */
export async function defineNodeVerb(command: Command, name: NodeCommand): Promise<void> {
  const server = (await import("@punctual/server")) as unknown as Server;
  const options = server.configurationOptions.filter((option) => option.commands.includes(name));
  for (const option of options) {
    const flag = `--${option.flag.replace(/^--/, "")}`;
    const fallback = option.default === null ? "" : `; default: ${option.default}`;
    command.option(
      option.type === "boolean" ? `${flag} [true|false]` : `${flag} <${option.type}>`,
      `${option.description} (${option.env}${fallback})`,
    );
  }
  command.action(async (_: unknown, parsed: Command) => {
    await server[runners[name]](flagsOf(options, parsed));
  });
}

/** Commander keys options by their flag; the server knows them by their name. A bare boolean flag is `true`. */
function flagsOf(options: readonly ConfigurationOption[], parsed: Command): Flags {
  const given = new Map(parsed.options.map((option) => [option.long, parsed.getOptionValue(option.attributeName()) as unknown]));
  return Object.fromEntries(
    options.map((option) => {
      const value = given.get(`--${option.flag.replace(/^--/, "")}`);
      return [option.name, value === undefined ? undefined : String(value)];
    }),
  );
}
