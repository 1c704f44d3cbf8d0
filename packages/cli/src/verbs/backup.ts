import { defineNodeVerb } from "../node-flags.ts";
import { answer, withJson } from "../output/answer.ts";
import type { Verb } from "../verb.ts";

export const verb: Verb = {
  examples: [
    {
      command: "punctual backup punctual.dump",
      does: "dump what DATABASE_URL names, while nodes run, and restore it once to see that it can be",
    },
  ],
  define: (command, io) =>
    defineNodeVerb(
      withJson(command)
        .argument("<file>", "what to write")
        .option("--no-check", "do not restore it into a database of its own to prove it"),
      "backup",
      async (server, flags) => {
        const { json, check } = command.opts<{ json?: true; check: boolean }>();
        const result = await server.runBackup(flags, command.args[0] ?? "", { check });
        const { file, bytes, tables, rows, isChecked } = result;
        const proof = isChecked ? "It was restored once, and every row was there." : "It was not proved.";
        await answer(io, json ? { json } : {}, result, () => `${file}: ${bytes} bytes, ${rows} rows of ${tables} tables. ${proof}\n`);
      },
    ),
};
