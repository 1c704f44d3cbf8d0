import type { WorkerTarget } from "@punctual/contract";
import type { Target } from "../port.ts";

/** The guest that stands for workers: they lease their runs themselves, so that nothing is ever attempted here. */
export function createWorkerTarget(): Target<WorkerTarget> {
  return {
    type: "worker",
    // The schema says all there is to say of a queue's name.
    check: () => [],
    originOf: (spec) => `worker:${spec.queue}`,
    attempt: async () => ({
      ok: false,
      failureClass: "internal",
      statusCode: null,
      message: "a worker's run reached a node; workers lease their runs themselves",
      output: null,
      outputTruncated: false,
      retryAfterMs: null,
      retryForbidden: false,
      mayHaveBeenSeen: false,
    }),
    close: async () => {},
  };
}
