import { defineNodeVerb } from "../node-flags.ts";
import type { Verb } from "../verb.ts";

export const verb: Verb = {
  examples: [
    { command: "punctual start --database-url postgres://punctual@db.example.com/punctual", does: "join the nodes on this database" },
  ],
  define: (command) => defineNodeVerb(command, "start", (server, flags) => server.runStart(flags)),
};
