import type { ErrorDefinition } from "./definition.ts";
import { exitCodes } from "./exit-codes.ts";

/** Failures of requests about queues. */
export const queueErrors = {
  queue_not_found: {
    status: 404,
    exit: exitCodes.notFound,
    retryable: false,
    title: "No such queue",
    remedy: "Check the name; another tenant's queues cannot be seen. PUT /v1/queues/{name} creates one.",
  },
  queue_in_use: {
    status: 409,
    exit: exitCodes.conflict,
    retryable: false,
    title: "Jobs name this queue",
    remedy: "Delete those jobs or take their queue away first.",
  },
  queue_fixed: {
    status: 409,
    exit: exitCodes.conflict,
    retryable: false,
    title: "A job cannot change its queue",
    remedy: "Create a job with the other queue, and delete this one; or leave the queue as it is.",
  },
} as const satisfies Record<string, ErrorDefinition>;
