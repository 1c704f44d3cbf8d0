import type { Queryable } from "./database.ts";
import { expiredLeasesSql, peekExpirySql, skipUnstartedSql } from "./expiry-statements.ts";

/** See peekExpirySql. */
export async function peekExpiry(db: Queryable, shards: readonly number[]): Promise<{ now: number; next_ms: number | null }> {
  const { rows } = await db.query<{ now: number; next_ms: number | null }>({ name: "peek_expiry", text: peekExpirySql, values: [shards] });
  return rows[0] ?? { now: Number.NaN, next_ms: null };
}

/** See skipUnstartedSql. @returns how many were skipped */
export async function skipUnstarted(db: Queryable, shards: readonly number[], perShard: number): Promise<number> {
  const { rows } = await db.query<{ skipped: number }>({ name: "skip_unstarted", text: skipUnstartedSql, values: [shards, perShard] });
  return rows[0]?.skipped ?? 0;
}

/** A run that is held by nobody any more, with what settling it needs; times in epoch ms. */
export type ExpiredLease = {
  shard: number;
  run_id: string;
  job_id: string;
  revision: number;
  attempt: number;
  holder: number;
  /** Null for a webhook that was accepted. */
  worker: string | null;
  /** Its end was asked for. */
  cancel_reason: string | null;
  held_ms: number;
  /** When the first attempt began. */
  started_ms: number | null;
  /** Its maximum run time is over, not only the lease. */
  over: boolean;
  now: number;
};

/** See expiredLeasesSql. */
export async function readExpiredLeases(db: Queryable, shards: readonly number[], perShard: number): Promise<ExpiredLease[]> {
  const { rows } = await db.query<ExpiredLease & { holder: string }>({
    name: "expired_leases",
    text: expiredLeasesSql,
    values: [shards, perShard],
  });
  return rows.map((row) => ({ ...row, holder: Number(row.holder) }));
}
