import type { Queryable } from "./database.ts";
import type { ClaimedRun } from "./dispatching.ts";
import { claimFromQueueSql, giveTokensBackSql, queuesWithWorkSql } from "./queue-statements.ts";

/** Who claims: a node, which carries the runs out itself and must have its lease, or a worker, whose lease they get. */
export type Taker =
  | { holder: number; nodeId: number; leaveOrigins: readonly number[] }
  /** `holder` is negative; the lease lasts `leaseMs` from now. */
  | { holder: number; worker: string; leaseMs: number };

/** `retryInMs`: when a place may become free by the passing of time alone; null when something must happen first. */
export type QueueClaim = { runs: ClaimedRun[]; blocked: "paused" | "concurrency" | "rate" | "raced" | null; retryInMs: number | null };

/** Above every key: the turn starts with it or below. */
const keySpace = 2 ** 52;
/** Each try that loses has been beaten by a claim that took something. */
const raceTries = 10;

type ClaimRow = Omit<ClaimedRun, "run_id"> & {
  run_id: string | null;
  raced: boolean;
  paused: boolean;
  full: boolean | null;
  token_in_ms: number | null;
};

/**
 * Claims up to `most` ready runs of a queue within its limits, in fair turn; see claimFromQueueSql. A claim that lost against another one tries again at once,
 * and tells `raced` when it lost ten times.
 *
 * @param queue its key and the shard it lives in
 */
export async function claimFromQueue(
  db: Queryable,
  taker: Taker,
  { shard, queue }: { shard: number; queue: number },
  most: number,
): Promise<QueueClaim> {
  const [nodeId, leaveOrigins, worker, leaseMs] =
    "nodeId" in taker ? [taker.nodeId, taker.leaveOrigins, null, null] : [null, [], taker.worker, taker.leaseMs];
  for (let tries = 1; ; tries++) {
    const { rows } = await db.query<ClaimRow>({
      name: "claim_from_queue",
      text: claimFromQueueSql,
      values: [shard, queue, most, taker.holder, nodeId, worker, leaseMs, leaveOrigins, Math.floor(Math.random() * keySpace)],
    });
    const [first] = rows;
    if (first?.raced && tries < raceTries) continue;
    return { runs: rows.filter(isRun), blocked: first ? blockedBy(first) : null, retryInMs: first?.token_in_ms ?? null };
  }
}

function blockedBy(row: ClaimRow): QueueClaim["blocked"] {
  if (row.run_id !== null) return null;
  if (row.raced) return "raced";
  if (row.paused) return "paused";
  if (row.full) return "concurrency";
  return row.token_in_ms === null ? null : "rate";
}

const isRun = (row: ClaimRow): row is ClaimRow & ClaimedRun => row.run_id !== null;

/** See giveTokensBackSql. */
export async function giveTokensBack(db: Queryable, { shard, queue }: { shard: number; queue: number }, count: number): Promise<void> {
  await db.query({ name: "give_tokens_back", text: giveTokensBackSql, values: [shard, queue, count] });
}

/** See queuesWithWorkSql. */
export async function findQueuesWithWork(
  db: Queryable,
  shards: readonly number[],
  leave: readonly number[],
  perShard: number,
): Promise<{ shard: number; queue: number }[]> {
  const { rows } = await db.query<{ shard: number; queue: string }>({
    name: "queues_with_work",
    text: queuesWithWorkSql,
    values: [shards, leave, perShard],
  });
  return rows.map((row) => ({ shard: row.shard, queue: Number(row.queue) }));
}
