import type { ErrorDefinition } from "./definition.ts";
import { exitCodes } from "./exit-codes.ts";

/** Failures of the API that concern one run. */
export const runErrors = {
  run_not_found: {
    status: 404,
    exit: exitCodes.notFound,
    retryable: false,
    title: "No such run",
    remedy: "Check the id; runs past their retention and other tenants' runs cannot be seen.",
  },
  dead_letter_not_found: {
    status: 404,
    exit: exitCodes.notFound,
    retryable: false,
    title: "The run is not a dead letter",
    remedy: "Only dead runs are dead letters; GET /v1/runs/{runId} tells what became of this one.",
  },
  run_already_ended: {
    status: 409,
    exit: exitCodes.conflict,
    retryable: false,
    title: "The run has already ended",
    remedy: "Nothing is to be done; read the run for its outcome.",
  },
  not_in_restore_mode: {
    status: 409,
    exit: exitCodes.conflict,
    retryable: false,
    title: "Firing is not stopped",
    remedy: "Nothing is to be decided; GET /v1/cluster/restore tells when there is.",
  },
  run_not_retryable: {
    status: 409,
    exit: exitCodes.conflict,
    retryable: false,
    title: "Only a dead or cancelled run can be retried",
    remedy: "One that is live goes on by itself; to carry out one that succeeded or was skipped, use POST /v1/runs/{runId}/run-again.",
  },
} as const satisfies Record<string, ErrorDefinition>;
