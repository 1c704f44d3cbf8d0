import type { Command } from "commander";
import type { Io } from "./io.ts";
import { buildProgram } from "./program.ts";

const silentIo: Io = {
  out: () => undefined,
  err: () => undefined,
  env: {},
  cwd: "/",
  nowMs: () => 0,
  sleep: () => Promise.resolve(),
  timezone: "UTC",
  progress: () => {},
  readStdin: () => Promise.resolve(""),
  colour: false,
  exitCode: 0,
};

/** The reference of the command line, in Markdown: what `--help` says of every verb, which is all there is to say. */
export async function cliReference(): Promise<string> {
  const program = await buildProgram(silentIo, "all");
  program.configureHelp({ helpWidth: 110 });
  return leavesOf(program, "")
    .map(({ path, command }) => `## ${path}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`)
    .join("\n");
}

type Leaf = { path: string; command: Command };

function leavesOf(command: Command, prefix: string): Leaf[] {
  const path = `${prefix}${command.name()}`;
  return command.commands.length === 0 ? [{ path, command }] : command.commands.flatMap((child) => leavesOf(child, `${path} `));
}

/** With the text that `addHelpText` appended, which `helpInformation()` alone leaves out. */
function helpOf(command: Command): string {
  let text = "";
  command.configureHelp({ helpWidth: 110 });
  command.configureOutput({ writeOut: (part) => void (text += part) });
  command.outputHelp();
  return text.trimEnd();
}
