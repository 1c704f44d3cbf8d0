import { defineForce } from "../../force-breaker.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [{ command: "punctual breakers close https://example.com", does: "send everything, though it fails" }],
  define: (command, io) => defineForce(command, io, "closed"),
};
