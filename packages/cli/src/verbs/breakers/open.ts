import { defineForce } from "../../force-breaker.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [
    {
      command: "punctual breakers open https://example.com --reason maintenance",
      does: "hold off everything while the target is being repaired",
    },
  ],
  define: (command, io) => defineForce(command, io, "open"),
};
