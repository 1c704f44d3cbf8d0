import type { Problem, PunctualError } from "@punctual/contract";

/** Where the codes are explained: the server's own reference, so that it works without the internet. */
const explainedAt = "/docs/errors#";

/** An error as the wire shows it (RFC 9457). For a code that only the command line can meet, status is 500. */
export function problemOf(error: PunctualError, requestId?: string): Problem {
  const { status, title, remedy } = error.definition;
  return {
    type: `${explainedAt}${error.code}`,
    title,
    status: status ?? 500,
    detail: error.message,
    code: error.code,
    remedy,
    ...(requestId !== undefined && { requestId }),
    ...(error.faults.length > 0 && { errors: error.faults.map((fault) => ({ ...fault })) }),
  };
}
