import { readFileSync } from "node:fs";
import { Command } from "commander";
import type { Io } from "./io.ts";
import type { Verb, VerbEntry, VerbGroup } from "./verb.ts";
import { verbs } from "./verbs/index.ts";

/**
 * The tree of commands, with only the wanted verb's file loaded; the others are a name and a summary, which is all that help and suggestions need.
 *
 * @param wanted the words of the command line up to the verb, such as `["jobs", "list"]`, or `all` for the reference
 */
export async function buildProgram(io: Io, wanted: readonly string[] | "all"): Promise<Command> {
  const program = new Command("punctual");
  program
    .description("Punctual, a durable job scheduler: run a node, and talk to one.")
    .version(version(), "-V, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [verb]", "show the help of a verb")
    .configureOutput({ writeOut: io.out, writeErr: io.err, outputError: () => undefined, getOutHasColors: () => io.colour })
    .exitOverride()
    .addHelpText(
      "after",
      "\nExample:\n  punctual dev              start everything on this machine\n  punctual jobs list        see what there is",
    );
  for (const entry of verbs) await addEntry(program, entry, wanted, io);
  return program;
}

async function addEntry(parent: Command, entry: VerbEntry | VerbGroup, wanted: readonly string[] | "all", io: Io): Promise<void> {
  const command = parent.command(entry.name).description(sentence(entry.summary)).summary(entry.summary);
  const isWanted = wanted === "all" || wanted[0] === entry.name;
  if ("verbs" in entry) {
    command.helpCommand(false);
    for (const each of entry.verbs) await addEntry(command, each, isWanted ? (wanted === "all" ? "all" : wanted.slice(1)) : [], io);
    return;
  }
  if (!isWanted) return;
  const { verb } = await entry.load();
  await verb.define(command, io);
  command.addHelpText("after", examplesText(verb));
}

function examplesText({ examples }: Verb): string {
  return `\n${examples.length === 1 ? "Example" : "Examples"}:\n${examples.map(({ command, does }) => `  ${command}\n      ${does}`).join("\n")}`;
}

function sentence(summary: string): string {
  return `${summary[0]?.toUpperCase()}${summary.slice(1)}.`;
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return manifest.version;
}
