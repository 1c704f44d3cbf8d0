import type { FailureClass } from "@punctual/contract";
import { lowestIdAt, shardOf } from "../model/ids.ts";
import type { Queryable } from "./database.ts";

/** What dead letters are looked for by; all that are given must match. Times in epoch ms, from inclusive, to exclusive. */
export type DeadLetterFilters = {
  jobId?: string;
  /** `key=value` pairs and bare keys that the job must have. */
  labels: { key: string; value: string | null }[];
  failureClass?: FailureClass;
  statusCode?: number;
  /** Keys of tenant and target origin, and of tenant and queue. */
  origin?: number;
  queue?: number;
  fromMs?: number;
  toMs?: number;
  diedFromMs?: number;
  diedToMs?: number;
  text?: string;
};

export type DeadLetterLook = {
  /** The last id of the page before, or null. */
  pastId: string | null;
  order: "asc" | "desc";
  /** The discarded ones instead of the open ones. */
  resolved: boolean;
  /** Dead letters to find, and to look at, at most. */
  limit: number;
  most: number;
};

/** Ids found, in order, and where the look ended when there may be more behind it. */
export type FoundDeadLetters = { ids: string[]; stopId: string | null };

type Statement = { text: string; values: unknown[] };

/** How many dead letters one look may touch. Text is in another table, and may be 16 KiB each. */
export function mostToLookAt({ text }: DeadLetterFilters): number {
  return text === undefined ? 10_000 : 1_000;
}

/**
 * Dead letters that match, by run id, which is by nominal time. Bounded whatever the filters and however many there are: what an index cannot serve is
 * looked for among `most` of them, from `pastId` on; `stopId` says where to go on.
 *
 * Index: finished_runs_dead (by tenant) or finished_runs_dead_job, or finished_runs_resolved; the primary key of attempts, in the few partitions around the
 * run's end, for a text.
 */
export async function findDeadLetters(
  db: Queryable,
  tenantId: number,
  filters: DeadLetterFilters,
  look: DeadLetterLook,
): Promise<FoundDeadLetters> {
  const stopId = isServedByIndex(filters) ? null : await lastToLookAt(db, tenantId, filters, look);
  const { rows } = await db.query<{ run_id: string }>(searchStatement(tenantId, filters, look, stopId));
  const ids = rows.slice(0, look.limit).map((row) => row.run_id);
  return { ids, stopId: rows.length > look.limit ? (ids.at(-1) ?? null) : stopId };
}

/** How many match, counting up to `limit`, and whether there may be more. Bounded as findDeadLetters is; ten times as many are looked at. */
export async function countDeadLetters(
  db: Queryable,
  tenantId: number,
  filters: DeadLetterFilters,
  limit: number,
): Promise<{ count: number; more: boolean }> {
  const look = { pastId: null, order: "asc", resolved: false, limit, most: 10 * mostToLookAt(filters) } as const;
  const stopId = isServedByIndex(filters) ? null : await lastToLookAt(db, tenantId, filters, look);
  const search = searchStatement(tenantId, filters, look, stopId);
  const { rows } = await db.query<{ count: number }>(`select count(*)::int as count from (${search.text}) found`, search.values);
  const count = rows[0]?.count ?? 0;
  return { count: Math.min(count, limit), more: count > limit || stopId !== null };
}

/** Whether every entry of the index that is walked is one that matches. */
function isServedByIndex(filters: DeadLetterFilters): boolean {
  const { jobId, fromMs, toMs, labels, ...others } = filters;
  return labels.length === 0 && Object.values(others).every((value) => value === undefined);
}

/** The id of the last dead letter that a look touches; null when it reaches the end. */
async function lastToLookAt(db: Queryable, tenantId: number, filters: DeadLetterFilters, look: DeadLetterLook): Promise<string | null> {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const walked = walkedConditions(tenantId, filters, look, bind).join(" and ");
  const { rows } = await db.query<{ run_id: string }>(
    `select r.run_id from punctual.finished_runs r where ${walked} order by r.run_id ${look.order} offset ${bind(look.most - 1)} limit 1`,
    values,
  );
  return rows[0]?.run_id ?? null;
}

/** The statement that finds, and one more than was asked for, to tell whether there is more; exported for the test that explains it. */
export function searchStatement(tenantId: number, filters: DeadLetterFilters, look: DeadLetterLook, stopId: string | null): Statement {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const where = [...walkedConditions(tenantId, filters, look, bind), ...rowConditions(filters, bind)];
  if (stopId !== null) where.push(`r.run_id ${look.order === "desc" ? ">=" : "<="} ${bind(stopId)}::uuid`);
  const text = `select r.run_id from punctual.finished_runs r where ${where.join(" and ")} order by r.run_id ${look.order} limit ${bind(look.limit + 1)}`;
  return { text, values };
}

/** What the index is walked by. The state and the resolution stand as they do in the partial indexes. */
function walkedConditions(
  tenantId: number,
  filters: DeadLetterFilters,
  { pastId, order, resolved }: DeadLetterLook,
  bind: (value: unknown) => string,
): string[] {
  const where = [`r.tenant_id = ${bind(tenantId)}`, "r.state = 'dead'", `r.resolved_at is ${resolved ? "not null" : "null"}`];
  if (filters.jobId !== undefined) where.push(`r.shard = ${bind(shardOf(filters.jobId))} and r.job_id = ${bind(filters.jobId)}::uuid`);
  if (filters.fromMs !== undefined) where.push(`r.run_id >= ${bind(lowestIdAt(filters.fromMs))}::uuid`);
  if (filters.toMs !== undefined) where.push(`r.run_id < ${bind(lowestIdAt(filters.toMs))}::uuid`);
  if (pastId !== null) where.push(`r.run_id ${order === "desc" ? "<" : ">"} ${bind(pastId)}::uuid`);
  return where;
}

/** What each dead letter that is walked past is judged by. */
function rowConditions(filters: DeadLetterFilters, bind: (value: unknown) => string): string[] {
  const where: string[] = [];
  if (filters.failureClass !== undefined) where.push(`r.failure_class = ${bind(filters.failureClass)}`);
  if (filters.statusCode !== undefined) where.push(`r.status_code = ${bind(filters.statusCode)}`);
  if (filters.origin !== undefined) where.push(`r.origin = ${bind(filters.origin)}`);
  if (filters.queue !== undefined) where.push(`r.queue = ${bind(filters.queue)}`);
  if (filters.diedFromMs !== undefined) where.push(`r.finished_at >= punctual.at(${bind(filters.diedFromMs)})`);
  if (filters.diedToMs !== undefined) where.push(`r.finished_at < punctual.at(${bind(filters.diedToMs)})`);
  for (const { key, value } of filters.labels) {
    const has = value === null ? `j.labels ? ${bind(key)}` : `j.labels @> ${bind(JSON.stringify({ [key]: value }))}::jsonb`;
    // As a value that is looked up for each row: an EXISTS would be joined with every job of the tenant.
    where.push(`(select ${has} from punctual.jobs j where j.shard = r.shard and j.job_id = r.job_id)`);
  }
  if (filters.text !== undefined) {
    const pattern = bind(`%${filters.text.replace(/[\\%_]/g, "\\$&")}%`);
    where.push(`(select a.error ilike ${pattern} or a.output ilike ${pattern} ${lastAttempt})`);
  }
  return where;
}

/**
 * The last attempt of a dead run `r`. Its end lies near the run's, by a node's clock and however long the database was away: a bound that spares a look
 * into the partitions of all other days.
 */
export const lastAttempt = `
  from punctual.attempts a
  where a.shard = r.shard and a.run_id = r.run_id and a.attempt = r.attempt and not a.late
    and a.finished_at between r.finished_at - interval '2 days' and r.finished_at + interval '2 days'
  limit 1`;
