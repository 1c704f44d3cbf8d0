import type { ErrorCode, Fault } from "@punctual/contract";

/** A failure of the command line's own: a code from the catalogue (which gives the exit code), a sentence, and what to do when the catalogue cannot know. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: ErrorCode;
  readonly remedy: string | undefined;
  readonly faults: readonly Fault[];

  constructor(code: ErrorCode, detail: string, options: { remedy?: string; faults?: readonly Fault[] } = {}) {
    super(detail);
    this.code = code;
    this.remedy = options.remedy;
    this.faults = options.faults ?? [];
  }
}
