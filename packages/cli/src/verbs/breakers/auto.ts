import { defineForce } from "../../force-breaker.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [{ command: "punctual breakers auto https://example.com", does: "take an earlier open or close back" }],
  define: (command, io) => defineForce(command, io, "auto"),
};
