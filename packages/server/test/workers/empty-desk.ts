import type { WorkerDesk } from "../../src/commands/workers/desk.ts";

/** The desk of a server without an engine: there is nothing to lease, and everything is lost. */
export const emptyDesk: WorkerDesk = {
  lease: async () => [],
  beat: async () => new Map(),
  complete: async () => new Map(),
  completeAccepted: async () => null,
};
