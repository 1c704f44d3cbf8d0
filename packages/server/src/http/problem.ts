import { limits, PunctualError } from "@punctual/contract";
import { isUnavailable } from "../store/database.ts";

/** Seconds that a client waits by default when the server cannot answer now. */
const retryAfterSeconds = 2;

/** What Fastify itself refuses, in the catalogue's words. Anything of it that is not here is a defect of ours. */
const frameworkErrors: { [code: string]: (bodyLimit: number) => PunctualError } = {
  FST_ERR_CTP_BODY_TOO_LARGE: (bodyLimit) =>
    new PunctualError("body_too_large", `The body is larger than the ${bodyLimit / 1024 / 1024} MiB that this route takes.`),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new PunctualError("media_type_unsupported", "The Content-Type of the request is missing or is not application/json."),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => new PunctualError("request_malformed", "The body is not as long as Content-Length says."),
  FST_ERR_BAD_URL: () => new PunctualError("route_not_found", "The path is not validly percent-encoded."),
};

/**
 * The one place that decides what a client is told of an error: refusals as they are, an absent database as 503, everything else as a 500 that gives away
 * nothing.
 *
 * @param bodyLimit of the route, in bytes
 */
export function refusalOf(error: unknown, bodyLimit: number = limits.bodyBytes): PunctualError {
  if (error instanceof PunctualError && error.definition.status !== null) return error;
  if (isUnavailable(error)) {
    return new PunctualError("unavailable", "The database cannot be reached, or cannot commit right now.", {
      retryAfterSeconds,
      cause: error,
    });
  }
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown };
  const known = typeof code === "string" ? frameworkErrors[code] : undefined;
  if (known) return known(bodyLimit);
  // The body ended before its time: the client went away or its connection broke. Whoever still reads the answer should know that nothing was done.
  if (statusCode === 400) return new PunctualError("request_malformed", "The body could not be received to its end.", { cause: error });
  return new PunctualError("internal", "The request could not be carried out; the server's log has the details under this requestId.", {
    cause: error,
  });
}

/** Headers that belong to a refusal. */
export function refusalHeaders(error: PunctualError): { [name: string]: string } {
  return {
    ...(error.retryAfterSeconds === undefined ? {} : { "retry-after": String(Math.ceil(error.retryAfterSeconds)) }),
    ...(error.code === "unauthorized" ? { "www-authenticate": "Bearer" } : {}),
  };
}
