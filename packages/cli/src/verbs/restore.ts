import { defineNodeVerb } from "../node-flags.ts";
import { answer, withJson } from "../output/answer.ts";
import { exactText } from "../output/when.ts";
import type { Verb } from "../verb.ts";

export const verb: Verb = {
  examples: [
    {
      command: "punctual restore punctual.dump",
      does: "restore into what DATABASE_URL names; then start the nodes and decide with restore-mode",
    },
  ],
  define: (command, io) =>
    defineNodeVerb(
      withJson(command).argument("<file>", "what `punctual backup` wrote").option("--replace", "in the place of what the database holds"),
      "restore",
      async (server, flags) => {
        const { json, replace } = command.opts<{ json?: true; replace?: true }>();
        const result = await server.runRestore(flags, command.args[0] ?? "", { replace: replace === true });
        const { dataUntil, migrations } = result;
        const until = dataUntil === null ? "" : ` Its data end at ${exactText(dataUntil)}.`;
        const migrated = migrations.length === 0 ? "" : ` Applied ${migrations.join(", ")}.`;
        const next = "Nothing fires until somebody decides: start the nodes, then see `punctual restore-mode show`.";
        await answer(io, json ? { json } : {}, result, () => `Restored.${until}${migrated} ${next}\n`);
      },
    ),
};
