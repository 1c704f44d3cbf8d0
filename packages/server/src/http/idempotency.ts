import { createHash } from "node:crypto";
import { type ErrorCode, type Fault, type OperationId, PunctualError, type Route } from "@punctual/contract";
import type { CommandContext } from "../commands/operation.ts";
import { type Database, type Queryable, transaction } from "../store/database.ts";
import { findStoredAnswer, insideSavepoint, type StoredAnswer, storeAnswer, tryLockIdempotencyKey } from "../store/idempotency.ts";
import { requestInvalid } from "./input.ts";
import { restoreSecrets, withoutSecrets } from "./stored-secrets.ts";

/** What an operation answered. */
export type Result = { status: number; body: unknown; revision?: number };
/** A request with a key. `fingerprint` tells it from another request that uses the same key. */
export type KeyedRequest = { operationId: OperationId; key: string; fingerprint: Buffer };
export type Outcome = { result: Result; replayed: boolean };

type Ending = { result: Result } | { refusal: PunctualError };
type StoredRefusal = { code: ErrorCode; detail: string; faults: readonly Fault[] };

/** Printable ASCII, as the structured-field strings of the Idempotency-Key draft; a bare header value has no quotes and no commas besides. */
const anyKey = /^[\x20-\x7e]{1,255}$/;
const bareKey = /^[!#-+\--~]{1,255}$/;
const quotedKey = /^"((?:[^"\\]|\\["\\])*)"$/;

/**
 * Carries out a request at most once for its key. The lock, the work and the stored answer are one transaction: there is no moment at which the work is
 * done and its answer is not there.
 *
 * - Another request with this key is under way: refused at once. Waiting would tie up a connection of the pool for each impatient retry.
 * - The key was used: the stored answer, refusals included, or a refusal when it was another request.
 * - Failures of ours (5xx) are not stored: the next try may succeed.
 *
 * Wakes of the engine are held back until the commit; before it there is nothing to see.
 *
 * @throws PunctualError idempotency_in_flight, idempotency_mismatch, and what `work` throws
 */
export async function answerOnce(
  db: Database,
  context: Omit<CommandContext, "db">,
  request: KeyedRequest,
  work: (context: CommandContext) => Promise<Result>,
): Promise<Outcome> {
  const woken = new Set<number>();
  const { ending, replayed } = await transaction(db, async (tx) => {
    const inTransaction: CommandContext = { ...context, db: tx, wake: (shard) => void woken.add(shard) };
    if (!(await tryLockIdempotencyKey(tx, context.tenantId, request.key))) {
      throw new PunctualError("idempotency_in_flight", "Another request with this key is being carried out.", { retryAfterSeconds: 1 });
    }
    const stored = await findStoredAnswer(tx, context.tenantId, request.key);
    if (stored) return { ending: await replay(inTransaction, request, stored), replayed: true };
    const fresh = await endingOf(tx, () => work(inTransaction));
    await storeAnswer(tx, context.tenantId, request.key, toStored(request, fresh));
    return { ending: fresh, replayed: false };
  });
  if ("refusal" in ending) throw ending.refusal;
  for (const shard of woken) context.wake(shard);
  return { result: ending.result, replayed };
}

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

async function endingOf(tx: Queryable, work: () => Promise<Result>): Promise<Ending> {
  try {
    return { result: await insideSavepoint(tx, work) };
  } catch (error) {
    if (error instanceof PunctualError && error.definition.status !== null && error.definition.status < 500) return { refusal: error };
    throw error;
  }
}

function toStored(request: KeyedRequest, ending: Ending): StoredAnswer {
  const { fingerprint, operationId } = request;
  if ("refusal" in ending) {
    const { code, message: detail, faults } = ending.refusal;
    const body: StoredRefusal = { code, detail, faults };
    return { fingerprint, status: ending.refusal.definition.status ?? 500, body: JSON.stringify(body), revision: null };
  }
  const { status, body, revision } = ending.result;
  const text = body === undefined ? null : JSON.stringify(withoutSecrets(operationId, body));
  return { fingerprint, status, body: text, revision: revision ?? null };
}

async function replay(context: CommandContext, request: KeyedRequest, stored: StoredAnswer): Promise<Ending> {
  if (!stored.fingerprint.equals(request.fingerprint)) {
    throw new PunctualError("idempotency_mismatch", "This key was used for a request with another method, path or body.");
  }
  const body: unknown = stored.body === null ? undefined : JSON.parse(stored.body);
  if (stored.status >= 400) {
    const { code, detail, faults } = body as StoredRefusal;
    return { refusal: new PunctualError(code, detail, { faults }) };
  }
  await restoreSecrets(context, request.operationId, body);
  return { result: { status: stored.status, body, ...(stored.revision === null ? {} : { revision: stored.revision }) } };
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
