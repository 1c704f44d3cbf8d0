import { apiErrors } from "./errors/api-errors.ts";
import { backfillErrors } from "./errors/backfill-errors.ts";
import type { ErrorDefinition } from "./errors/definition.ts";
import { localErrors } from "./errors/local-errors.ts";
import { queueErrors } from "./errors/queue-errors.ts";
import { runErrors } from "./errors/run-errors.ts";

export type { ErrorDefinition } from "./errors/definition.ts";
export { exitCodeMeanings, exitCodes } from "./errors/exit-codes.ts";

/**
 * The catalogue: every failure a user can meet, with its HTTP status, the exit code of the command line, whether the same request may succeed when sent
 * again unchanged, and the remedy. Codes are stable; titles and remedies may be reworded. `docs/reference/errors.md` is generated from here.
 */
export const errorCatalogue = { ...apiErrors, ...queueErrors, ...runErrors, ...backfillErrors, ...localErrors };

export type ErrorCode = keyof typeof errorCatalogue;

/** Where a fault sits: a JSON pointer into the body, or a parameter's name, with what was found, what was expected and how to mend it. */
export type Fault = { pointer: string; message: string; found?: string; expected?: string; remedy?: string };

/**
 * The one error class that crosses rooms: a code from the catalogue, a detail sentence for this case, and data. What the user reads is made of these
 * three, so the detail must never hold a secret.
 */
export class PunctualError extends Error {
  readonly code: ErrorCode;
  readonly faults: readonly Fault[];
  /** Seconds after which a retry makes sense; becomes Retry-After. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, detail: string, options: { faults?: readonly Fault[]; retryAfterSeconds?: number; cause?: unknown } = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "PunctualError";
    this.code = code;
    this.faults = options.faults ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get definition(): ErrorDefinition {
    return errorCatalogue[this.code];
  }
}
