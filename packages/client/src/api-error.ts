import type { ErrorCode, Fault, Problem } from "@punctual/contract";

/** What a {@link PunctualApiError} is made of. */
type ApiErrorDetails = {
  code: ErrorCode;
  /** HTTP status, or null when no answer came. */
  status: number | null;
  detail: string;
  remedy: string;
  retryable: boolean;
  faults?: readonly Fault[] | undefined;
  requestId?: string | undefined;
  /** What Retry-After asked for, in ms. */
  retryAfterMs?: number | undefined;
  cause?: unknown;
};

/**
 * A request that did not succeed: refused by the server (its problem document), or never answered (`server_unreachable`, status null). The message is the
 * detail; a program decides by `code`.
 */
export class PunctualApiError extends Error {
  override readonly name = "PunctualApiError";
  readonly code: ErrorCode;
  readonly status: number | null;
  readonly detail: string;
  /** Where the faults sit, as JSON pointers into the body or names of parameters. */
  readonly faults: readonly Fault[];
  readonly remedy: string;
  /** Names the request in the server's log. */
  readonly requestId: string | undefined;
  /** Whether the same request, sent again unchanged, may succeed. */
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(details: ApiErrorDetails) {
    super(details.detail, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.status = details.status;
    this.detail = details.detail;
    this.faults = details.faults ?? [];
    this.remedy = details.remedy;
    this.requestId = details.requestId;
    this.retryable = details.retryable;
    this.retryAfterMs = details.retryAfterMs;
  }
}

type AnswerHead = { status: number; headers: Headers; url: string };

/** The error that a refused request's answer means. `body` is the parsed JSON, or undefined when there was none. */
export function errorOfAnswer(answer: AnswerHead, body: unknown): PunctualApiError {
  const retryAfterMs = parseRetryAfter(answer.headers.get("retry-after"));
  // The catalogue's own column says the same (a test compares them); its table is not loaded here because it comes with 140 ms of schema library.
  const retryable = answer.status >= 500 || answer.status === 429 || answer.status === 408 || retryAfterMs !== undefined;
  if (!isProblem(body)) {
    const found = answer.headers.get("content-type") ?? "no content type";
    return new PunctualApiError({
      code: codeOfStatus(answer.status),
      status: answer.status,
      detail: `${answer.url} answered ${answer.status} (${found}) without a problem document.`,
      remedy: "Check that the address is a Punctual server, and look at what stands between: a proxy may have answered.",
      retryable,
      retryAfterMs,
    });
  }
  const faults = body.errors as readonly Fault[] | undefined;
  return new PunctualApiError({ ...body, status: answer.status, faults, retryable, retryAfterMs });
}

/** The error for a request without an answer. */
export function unreachable(url: string, error: unknown, timeoutMs: number): PunctualApiError {
  return new PunctualApiError({
    code: "server_unreachable",
    status: null,
    detail: unreachableDetail(url, error, timeoutMs),
    remedy: "Check the address, and that the server runs.",
    retryable: true,
    cause: error,
  });
}

/** `fetch` hides the reason in `cause`, whose code (ECONNREFUSED, ENOTFOUND, ...) is what people search for. */
function unreachableDetail(url: string, error: unknown, timeoutMs: number): string {
  const origin = URL.canParse(url) ? new URL(url).origin : url;
  if (error instanceof Error && error.name === "TimeoutError") return `${origin} did not answer within ${timeoutMs / 1_000} s.`;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return `${origin} cannot be reached (${code ?? (cause instanceof Error ? cause.message : String(cause))}).`;
}

/** Milliseconds of a Retry-After header in either of its forms, seconds or a date; undefined when absent or unreadable. */
function parseRetryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1_000;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - Date.now());
}

function isProblem(body: unknown): body is Problem {
  const problem = body as Partial<Problem> | null | undefined;
  return typeof problem === "object" && problem !== null && typeof problem.code === "string" && typeof problem.detail === "string";
}

function codeOfStatus(status: number): ErrorCode {
  if (status < 400) return "server_unreachable";
  if (status === 401) return "unauthorized";
  if (status === 403) return "forbidden";
  if (status === 404) return "route_not_found";
  if (status === 405) return "method_not_allowed";
  if (status === 413) return "body_too_large";
  if (status === 429 || (status >= 502 && status <= 504)) return "unavailable";
  return status >= 500 ? "internal" : "request_invalid";
}
