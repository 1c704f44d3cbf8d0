import type { ErrorDefinition } from "./definition.ts";
import { exitCodes } from "./exit-codes.ts";

/** Failures of the API that concern a backfill. */
export const backfillErrors = {
  backfill_not_found: {
    status: 404,
    exit: exitCodes.notFound,
    retryable: false,
    title: "No such backfill",
    remedy: "Check the id; GET /v1/backfills lists those of your tenant.",
  },
  backfill_unfinished: {
    status: 409,
    exit: exitCodes.conflict,
    retryable: false,
    title: "The job has a backfill that has not ended",
    remedy: "Wait for its end or cancel it; a job has one at a time, so that no occurrence is carried out by two.",
  },
  backfill_ended: {
    status: 409,
    exit: exitCodes.conflict,
    retryable: false,
    title: "The backfill has ended",
    remedy: "Create another one; what has run already is passed over.",
  },
  backfill_too_large: {
    status: 422,
    exit: exitCodes.invalid,
    retryable: false,
    title: "The range has too many occurrences for one backfill",
    remedy: "Ask for a shorter range, one after another.",
  },
} as const satisfies Record<string, ErrorDefinition>;
