import { defineNodeVerb } from "../node-flags.ts";
import type { Verb } from "../verb.ts";

export const verb: Verb = {
  examples: [
    { command: "punctual dev", does: "start everything on this machine: database, schema, key, API on http://127.0.0.1:8080" },
    { command: "punctual dev --port 9090", does: "the same on another port" },
  ],
  define: (command) => defineNodeVerb(command, "dev", (server, flags) => server.runDev(flags)),
};
