/** Thrown by a handler: another attempt would not help, so that the run is dead at once, whatever attempts are left. */
export class NonRetryableError extends Error {
  override readonly name = "NonRetryableError";
}

/** Thrown by a handler: another attempt may help, but no sooner than after `delayMs`. At most a day counts. */
export class RetryLaterError extends Error {
  override readonly name = "RetryLaterError";
  readonly delayMs: number;

  constructor(delayMs: number, message = `to be tried again in ${delayMs} ms`) {
    super(message);
    this.delayMs = delayMs;
  }
}

/** Thrown by a handler that has something to show though it failed: `output` is kept with the attempt, as what a handler returns is. */
export class FailedRunError extends Error {
  override readonly name = "FailedRunError";
  readonly output: string;

  constructor(message: string, output: string) {
    super(message);
    this.output = output;
  }
}

/** Why a run's signal aborts. `cancelled`: somebody asked for its end; `lease_lost`: it is another's by now; `stopped`: this worker stops. */
export type AbortCause = "cancelled" | "lease_lost" | "stopped";

/** What a run's signal aborts with. */
export class RunAbortedError extends Error {
  override readonly name = "RunAbortedError";
  readonly why: AbortCause;

  constructor(why: AbortCause, message: string) {
    super(message);
    this.why = why;
  }
}
