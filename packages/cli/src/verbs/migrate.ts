import { defineNodeVerb } from "../node-flags.ts";
import { answer, withJson } from "../output/answer.ts";
import type { Verb } from "../verb.ts";

export const verb: Verb = {
  examples: [
    {
      command: "punctual migrate --database-url postgres://punctual@db.example.com/punctual",
      does: "apply what the schema lacks; safe to repeat, and while nodes run",
    },
  ],
  define: (command, io) =>
    defineNodeVerb(withJson(command), "migrate", async (server, flags) => {
      const result = await server.runMigrate(flags);
      const words = result.applied.length === 0 ? "The schema is up to date.\n" : `Applied ${result.applied.join(", ")}.\n`;
      await answer(io, command.opts<{ json?: true }>(), result, () => words);
    }),
};
