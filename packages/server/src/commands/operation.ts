import type { Answer, Body, OperationId, Params, Query, SuccessStatus } from "@punctual/contract";
import type { Queryable } from "../store/database.ts";
import type { Cipher } from "../store/secrets.ts";

/** What every command may use. `db` is a pool, or the open transaction of a request with an idempotency key. */
export type CommandContext = {
  db: Queryable;
  tenantId: number;
  /** Who asks, as history names it: `key <name> (<id>)`. */
  actor: string;
  cipher: Cipher;
  /**
   * Tells the engine, here or on another node, that a shard may have something due sooner than it knows. A hint: polling finds it within a second anyway.
   * Called inside a transaction, it is sent after the commit.
   */
  wake(shard: number): void;
  /** Of a request that waits: aborts when its client has gone. */
  gone?: AbortSignal;
  /** Of a request with a webhook's token instead of a key: what the token is good for. */
  completion?: { attempt: number; expiresMs: number };
};

/** A request that fits its schema. `ifMatch` is the revision its author has read, null when it does not matter. */
export type OperationRequest<K extends OperationId> = { params: Params<K>; query: Query<K>; body: Body<K>; ifMatch: number | null };

/** `revision` becomes the ETag. */
export type OperationResult<K extends OperationId> = { status: SuccessStatus<K>; body: Answer<K>; revision?: number };

/** One operation of the route table: refuses with a PunctualError, and then has changed nothing. */
export type Operation<K extends OperationId> = (context: CommandContext, request: OperationRequest<K>) => Promise<OperationResult<K>>;
