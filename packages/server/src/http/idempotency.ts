import { createHash } from "node:crypto";
import type { PunctualError, Route } from "@punctual/contract";
import { requestInvalid } from "./input.ts";

/** Printable ASCII, as the structured-field strings of the Idempotency-Key draft; a bare header value has no quotes and no commas besides. */
const anyKey = /^[\x20-\x7e]{1,255}$/;
const bareKey = /^[!#-+\--~]{1,255}$/;
const quotedKey = /^"((?:[^"\\]|\\["\\])*)"$/;

/**
 * The key of a request, from the Idempotency-Key header (a quoted string, as the draft has it, or bare) or the body's `idempotencyKey`; null without one.
 *
 * @throws PunctualError request_invalid when the two differ or a key is not 1 to 255 printable ASCII characters
 */
export function readIdempotencyKey(route: Route, header: string | string[] | undefined, body: unknown): string | null {
  if (!route.idempotent) return null;
  const fromHeader = header === undefined ? null : unquote(String(header).trim());
  const fromBody = (body as { idempotencyKey?: string } | undefined)?.idempotencyKey ?? null;
  if (fromBody !== null && !anyKey.test(fromBody)) throw keyInvalid("/idempotencyKey", "must be 1 to 255 printable ASCII characters");
  if (fromHeader !== null && fromBody !== null && fromHeader !== fromBody) {
    throw keyInvalid("/idempotencyKey", "differs from the Idempotency-Key header");
  }
  return fromHeader ?? fromBody;
}

/** SHA-256 of what is asked: method, path, parameters and body without the key. White space in the body does not count, the order of its fields does. */
export function fingerprintOf(route: Route, params: unknown, body: unknown): Buffer {
  const rest: { [name: string]: unknown } = { ...(body as object | undefined) };
  delete rest.idempotencyKey;
  return createHash("sha256")
    .update(JSON.stringify([route.method, route.path, params, rest]))
    .digest();
}

function unquote(value: string): string {
  const [, quoted] = quotedKey.exec(value) ?? [];
  const key = quoted === undefined ? value : quoted.replaceAll(/\\(["\\])/g, "$1");
  if (!(quoted === undefined ? bareKey : anyKey).test(key))
    throw keyInvalid("Idempotency-Key", "must be 1 to 255 printable ASCII characters, best in double quotes");
  return key;
}

function keyInvalid(pointer: string, message: string): PunctualError {
  return requestInvalid([{ pointer, message }]);
}
