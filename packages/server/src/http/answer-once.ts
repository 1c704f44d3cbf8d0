import { type ErrorCode, type Fault, type OperationId, PunctualError } from "@punctual/contract";
import type { CommandContext } from "../commands/operation.ts";
import { type Database, inTurn, type Queryable, withinTransaction } from "../store/database.ts";
import { gathered } from "../store/gathering.ts";
import {
  findStoredAnswers,
  rollBackToSavepoint,
  type StoredAnswer,
  setSavepoint,
  storeAnswers,
  tryLockIdempotencyKeys,
} from "../store/idempotency.ts";
import { restoreSecrets, withoutSecrets } from "./stored-secrets.ts";

/** What an operation answered. */
export type Result = { status: number; body: unknown; revision?: number };
/** A request with a key. `fingerprint` tells it from another request that uses the same key. */
export type KeyedRequest = { operationId: OperationId; key: string; fingerprint: Buffer };
export type Outcome = { result: Result; replayed: boolean };

type Asked = { context: Omit<CommandContext, "db">; request: KeyedRequest; work: (context: CommandContext) => Promise<Result> };
type Ending = { result: Result } | { refusal: PunctualError };
/** `woken`: the shards to wake after the commit. */
type Answered = { ending: Ending; replayed: boolean; woken: ReadonlySet<number> };
type StoredRefusal = { code: ErrorCode; detail: string; faults: readonly Fault[] };

/** Those that are sent by the thousand, and whose statements are made for many at once: alone, each costs eight trips and waits for the disk by itself. */
const sharing: ReadonlySet<OperationId> = new Set(["createJob"]);
const mostTogether = 50;

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
  const asked: Asked = { context, request, work };
  const { ending, replayed, woken } = await (sharing.has(request.operationId)
    ? answerTogether(db, context.tenantId, asked)
    : answerAlone(db, context.tenantId, asked));
  if ("refusal" in ending) throw ending.refusal;
  for (const shard of woken) context.wake(shard);
  return { result: ending.result, replayed };
}

const answerTogether = gathered(mostTogether, answerAll);

async function answerAlone(db: Database, tenantId: number, asked: Asked): Promise<Answered> {
  const [answered] = await answerAll(db, tenantId, [asked]);
  if (answered === undefined) throw new TypeError("a request has an answer");
  return answered;
}

/** Requests of one tenant in one transaction. A failure of ours undoes all of them; each is tried again by itself then. */
function answerAll(db: Queryable, tenantId: number, asked: readonly Asked[]): Promise<Answered[]> {
  return withinTransaction(db, async (tx) => {
    const keys = asked.map(({ request }) => request.key);
    const locked = await tryLockIdempotencyKeys(tx, tenantId, keys);
    const stored = await findStoredAnswers(tx, tenantId, keys);
    const fresh = asked.filter(({ request }, place) => locked[place] === true && !stored.has(request.key));
    const answers = await carryOut(tx, fresh);
    const toStore = [...answers].map(([{ request }, { ending }]) => ({ key: request.key, ...toStored(request, ending) }));
    if (toStore.length > 0) await storeAnswers(tx, tenantId, toStore);
    const shared = inTurn(tx);
    return Promise.all(
      asked.map(async (one, place) => {
        const known = stored.get(one.request.key);
        if (locked[place] === true && known) return replay(shared, one, known);
        return answers.get(one) ?? refused(inFlight());
      }),
    );
  });
}

/**
 * Carries out all that can be: what refuses is undone, with its neighbours, who are carried out again without it. At the same time, so that what they ask of the database goes
 * together.
 */
async function carryOut(tx: Queryable, asked: readonly Asked[]): Promise<Map<Asked, Answered>> {
  const answers = new Map<Asked, Answered>();
  for (let left = asked; left.length > 0; left = left.filter((one) => !answers.has(one))) {
    await setSavepoint(tx);
    const shared = inTurn(tx);
    const tried = await Promise.allSettled(left.map(async (one) => [one, await attempt(shared, one)] as const));
    const failed = tried.find((one) => one.status === "rejected");
    if (failed) throw failed.reason;
    const all = tried.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    const refusals = all.filter(([, { ending }]) => "refusal" in ending);
    if (refusals.length > 0) await rollBackToSavepoint(tx);
    for (const [one, answered] of refusals.length > 0 ? refusals : all) answers.set(one, answered);
  }
  return answers;
}

async function attempt(db: Queryable, { context, work }: Asked): Promise<Answered> {
  const woken = new Set<number>();
  try {
    return { ending: { result: await work({ ...context, db, wake: (shard) => void woken.add(shard) }) }, replayed: false, woken };
  } catch (error) {
    if (error instanceof PunctualError && error.definition.status !== null && error.definition.status < 500) return refused(error);
    throw error;
  }
}

function refused(refusal: PunctualError, replayed = false): Answered {
  return { ending: { refusal }, replayed, woken: new Set() };
}

function inFlight(): PunctualError {
  return new PunctualError("idempotency_in_flight", "Another request with this key is being carried out.", { retryAfterSeconds: 1 });
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

async function replay(db: Queryable, { context, request }: Asked, stored: StoredAnswer): Promise<Answered> {
  if (!stored.fingerprint.equals(request.fingerprint)) {
    return refused(new PunctualError("idempotency_mismatch", "This key was used for a request with another method, path or body."));
  }
  const body: unknown = stored.body === null ? undefined : JSON.parse(stored.body);
  if (stored.status >= 400) {
    const { code, detail, faults } = body as StoredRefusal;
    return refused(new PunctualError(code, detail, { faults }), true);
  }
  await restoreSecrets({ ...context, db }, request.operationId, body);
  const result = { status: stored.status, body, ...(stored.revision === null ? {} : { revision: stored.revision }) };
  return { ending: { result }, replayed: true, woken: new Set() };
}
