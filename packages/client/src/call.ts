import type { Answer, OperationId } from "@punctual/contract";
import { errorOfAnswer, PunctualApiError, unreachable } from "./api-error.ts";
import { operations, type Repeatable } from "./operations.ts";

/** Where the server is and how to speak to it. */
export type ClientOptions = {
  /** Such as `https://punctual.example.com`; a path in front of `/v1` is kept. */
  baseUrl: string;
  /** Sent as a bearer token. */
  apiKey: string;
  /** For one try, from connect to the last byte. Too short and slow answers to big requests are thrown away. Default 30,000. */
  timeoutMs?: number;
  /** Default: the global fetch. Give another to go through a proxy or to present a client certificate. */
  fetch?: typeof fetch;
};

/** What one request carries, besides its operation. */
export type CallInput = {
  params?: { readonly [name: string]: string };
  query?: { readonly [name: string]: string | number | boolean | readonly string[] | undefined };
  body?: unknown;
  idempotencyKey?: string | undefined;
  /** The revision that must be the current one. */
  ifMatch?: number | undefined;
  /** Gives the request up; it fails as one that was not answered. */
  signal?: AbortSignal | undefined;
};

/** Sends one operation of the route table; resolves with its answer's body. */
export type Call = <K extends OperationId>(operation: K, input?: CallInput) => Promise<Answer<K>>;

/** How the caller waits between tries. */
export type Waiting = { sleep(ms: number): Promise<void>; random(): number };

const tries = 3;
const firstWaitMs = 200;
/** A longer Retry-After is the caller's to plan for: a program that hangs for minutes inside one call looks dead. */
const longestWaitMs = 30_000;

const realWaiting: Waiting = {
  sleep: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
  random: Math.random,
};

/**
 * The one way to the server. A request that is safe to repeat is tried three times when the failure may pass: after Retry-After, or else after full-jitter
 * waits of up to 200 and 400 ms.
 */
export function createCall(options: ClientOptions, waiting: Waiting = realWaiting): Call {
  const timeoutMs = options.timeoutMs ?? 30_000;
  const send = options.fetch ?? fetch;
  const base = options.baseUrl.replace(/\/+$/, "");

  return async <K extends OperationId>(operation: K, input: CallInput = {}) => {
    const { method, path, repeatable } = operations[operation];
    const url = base + fillPath(path, input.params ?? {}) + queryText(input.query ?? {});
    const headers = requestHeaders(options.apiKey, input);
    const body = input.body === undefined ? null : JSON.stringify(input.body);

    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await sendOnce(send, url, { method, headers, body, redirect: "error" }, timeoutMs, input.signal);
        return answer as Answer<K>;
      } catch (error) {
        const waitMs = error instanceof PunctualApiError ? waitBeforeRetry(error, attempt, waiting.random()) : null;
        if (waitMs === null || attempt === tries || !mayRepeat(repeatable, input)) throw error;
        await waiting.sleep(waitMs);
      }
    }
  };
}

async function sendOnce(send: typeof fetch, url: string, init: RequestInit, timeoutMs: number, given?: AbortSignal): Promise<unknown> {
  let response: Response;
  let text: string;
  try {
    const tooLong = AbortSignal.timeout(timeoutMs);
    response = await send(url, { ...init, signal: given ? AbortSignal.any([tooLong, given]) : tooLong });
    text = await response.text();
  } catch (error) {
    throw unreachable(url, error, timeoutMs);
  }
  const body = parseJson(text);
  // A success that is not JSON is somebody else's, such as the sign-in page of a proxy.
  if (!response.ok || (body === undefined && text !== ""))
    throw errorOfAnswer({ status: response.status, headers: response.headers, url }, body);
  return body;
}

function waitBeforeRetry(error: PunctualApiError, attempt: number, random: number): number | null {
  if (!error.retryable) return null;
  const waitMs = error.retryAfterMs ?? random * firstWaitMs * 2 ** (attempt - 1);
  return waitMs > longestWaitMs ? null : waitMs;
}

function mayRepeat(repeatable: Repeatable, input: CallInput): boolean {
  return repeatable === "always" || (repeatable === "with_key" && input.idempotencyKey !== undefined);
}

function fillPath(path: string, params: { readonly [name: string]: string }): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
}

function queryText(query: NonNullable<CallInput["query"]>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const each of Array.isArray(value) ? (value as readonly string[]) : [String(value)]) search.append(name, each);
  }
  return search.size === 0 ? "" : `?${search.toString()}`;
}

function requestHeaders(apiKey: string, input: CallInput): { [name: string]: string } {
  return {
    authorization: `Bearer ${apiKey}`,
    accept: "application/json, application/problem+json",
    ...(input.body === undefined ? {} : { "content-type": "application/json" }),
    ...(input.idempotencyKey === undefined ? {} : { "idempotency-key": input.idempotencyKey }),
    ...(input.ifMatch === undefined ? {} : { "if-match": `"${input.ifMatch}"` }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
