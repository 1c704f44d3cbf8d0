import { defineNodeVerb } from "../node-flags.ts";
import type { Verb } from "../verb.ts";

export const verb: Verb = {
  examples: [
    {
      command: "punctual migrate --database-url postgres://punctual@db.example.com/punctual",
      does: "apply what the schema lacks; safe to repeat, and while nodes run",
    },
  ],
  define: (command) => defineNodeVerb(command, "migrate"),
};
