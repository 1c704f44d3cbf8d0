import type { FailureClass, RunKind, RunState } from "@punctual/contract";
import { failureClasses } from "@punctual/contract";
import { lowestIdAt, shardCount, shardOf, shardOfQueue } from "../model/ids.ts";
import { isTerminal } from "../model/run-states.ts";
import { type Queryable, withinTransaction } from "./database.ts";
import type { RunRow } from "./runs.ts";
import { searchSql, type Walk, walkIndexes } from "./search-statements.ts";

export type RunFilters = {
  jobId?: string;
  /** `key=value` pairs and bare keys that the run's job has now, all of them. */
  labels?: readonly { key: string; value: string | null }[];
  states?: readonly RunState[];
  kind?: RunKind;
  /** Of the last attempt that ended, as statusCodes. */
  failureClasses?: readonly FailureClass[];
  /** Ranges, both ends inclusive. */
  statusCodes?: readonly { from: number; to: number }[];
  /** Keys of target origin and queue. */
  origin?: number;
  queue?: number;
  /** In the output or the error of any attempt, whatever the case of its letters. */
  text?: string;
  /** Nominal time, from inclusive, to exclusive, epoch ms. */
  fromMs?: number;
  toMs?: number;
};

export type SearchPage = {
  /** At most as many as asked for, latest nominal time first. */
  rows: RunRow[];
  /** The id below which the search goes on; null when it has come to the end. */
  nextBelow: string | null;
  /** Whether it stopped before the page was full. */
  stopped: boolean;
};

/** How far one page looks. */
export type Pace = { firstRows: number; budgetMs: number };

/** A page of under 50 ms with what is around the statements; the first piece is small, as most pages are filled by it. */
const usualPace: Pace = { firstRows: 64, budgetMs: 25 };
const everyShard = Array.from({ length: shardCount }, (_, shard) => shard);
const highestId = "ffffffff-ffff-ffff-ffff-ffffffffffff";
const lowestId = "00000000-0000-0000-0000-000000000000";
/** Runs end after their nominal time, by one clock; an hour is for a clock that was set back. */
const clockSlackMs = 3_600_000;
/** Each job is a descent into every partition, 31 of them 0.1 ms: those of 20 jobs cost as much as walking 1,000 runs, among which more jobs would be met. */
const fewJobs = 20;

/**
 * A page of runs, latest nominal time first. It looks piece by piece, each twice the size of the one before, until the page is full, the history is at its
 * end, or its time is over: then it says how far it came, and a page may have few runs or none though there are more.
 *
 * @param below the id that the page before ended with, or null for the first page
 */
export async function searchRuns(
  db: Queryable,
  tenantId: number,
  filters: RunFilters,
  page: { below: string | null; limit: number },
  pace: Pace = usualPace,
): Promise<SearchPage> {
  return withinTransaction(db, async (tx) => {
    const jobIds = await jobsOf(tx, tenantId, filters);
    await tx.query(walkIndexes);
    const rows: RunRow[] = [];
    const startedMs = performance.now();
    for (let below = page.below ?? upperBound(filters), looked = Math.max(pace.firstRows, page.limit + 1); ; looked *= 2) {
      const pieceStartedMs = performance.now();
      const piece = await searchPiece(tx, tenantId, filters, jobIds, { below, looked, limit: page.limit + 1 - rows.length });
      rows.push(...piece.rows);
      const last = rows[page.limit - 1];
      if (rows.length > page.limit && last) return { rows: rows.slice(0, page.limit), nextBelow: last.run_id, stopped: false };
      if (piece.reached === null) return { rows, nextBelow: null, stopped: false };
      below = piece.reached;
      // The next piece takes about twice as long as this one.
      const nowMs = performance.now();
      if (nowMs - startedMs + 2 * (nowMs - pieceStartedMs) > pace.budgetMs) return { rows, nextBelow: below, stopped: true };
    }
  });
}

/** The jobs that the runs must be of: the one asked for, else the few that have the labels; null when that narrows nothing, and the labels are judged run by run. */
async function jobsOf(tx: Queryable, tenantId: number, { jobId, labels }: RunFilters): Promise<string[] | null> {
  if (
    labels?.some(({ key, value }) =>
      labels.some((other) => other.key === key && other.value !== null && value !== null && other.value !== value),
    )
  )
    return [];
  if (jobId !== undefined) return [jobId];
  if (!labels?.length) return null;
  const { rows } = await tx.query<{ job_id: string }>({
    name: "jobs_with_labels",
    text: `select job_id from punctual.jobs where tenant_id = $1 and labels <> '{}' and labels @> $2 and labels ?& $3::text[] limit $4`,
    values: [tenantId, ...labelValues(labels), fewJobs + 1],
  });
  return rows.length > fewJobs ? null : rows.map((row) => row.job_id);
}

async function searchPiece(
  tx: Queryable,
  tenantId: number,
  filters: RunFilters,
  jobIds: string[] | null,
  piece: { below: string; looked: number; limit: number },
): Promise<{ rows: RunRow[]; reached: string | null }> {
  const { states, kind, statusCodes, origin, queue, labels, text, fromMs } = filters;
  const shards = liveShards(filters, jobIds);
  const classes = filters.failureClasses ?? (onlyFailures(statusCodes) ? failureClasses : undefined);
  const walk = walkOf(filters, jobIds, classes !== undefined);
  const { rows } = await tx.query<RunRow & { reached: string | null }>({
    name: `search_runs_${walk}${text === undefined ? "" : "_text"}`,
    text: searchSql(walk, text !== undefined),
    values: [
      tenantId,
      piece.below,
      fromMs === undefined ? lowestId : lowestIdAt(fromMs),
      fromMs === undefined ? 0 : fromMs - clockSlackMs,
      piece.looked,
      shards,
      // Of many shards few rows each make as many in all.
      Math.ceil(piece.looked / Math.max(1, Math.min(shards.length, 16))),
      piece.limit,
      states ?? null,
      kind ?? null,
      classes ?? null,
      statusCodes ? `{${statusCodes.map(({ from, to }) => `[${from},${to}]`).join(",")}}` : null,
      origin ?? null,
      queue ?? null,
      jobIds,
      ...(labels?.length ? labelValues(labels) : [null, null]),
      ...(text === undefined ? [] : [`%${text.replace(/[\\%_]/g, "\\$&")}%`]),
    ],
  });
  return { rows: rows.filter((row) => row.run_id !== null), reached: rows[0]?.reached ?? null };
}

/** The walk that offers the fewest rows in vain. */
function walkOf({ states, queue }: RunFilters, jobIds: string[] | null, failed: boolean): Walk {
  const unsuccessful = failed || (states !== undefined && !states.includes("succeeded"));
  if (jobIds !== null) return unsuccessful ? "jobOutcome" : "job";
  if (failed) return "failure";
  if (unsuccessful) return "outcome";
  return queue === undefined ? "tenant" : "shard";
}

/** Where live runs may lie; none when only ended ones are asked for. */
function liveShards({ states, queue }: RunFilters, jobIds: string[] | null): number[] {
  if (states?.every(isTerminal)) return [];
  if (queue !== undefined) return [shardOfQueue(queue)];
  return jobIds === null ? everyShard : [...new Set(jobIds.map(shardOf))];
}

/** A code outside 2xx is a failure, whatever the target. */
function onlyFailures(codes: RunFilters["statusCodes"]): boolean {
  return codes?.every(({ from, to }) => to < 200 || from > 299) ?? false;
}

const upperBound = ({ toMs }: RunFilters): string => (toMs === undefined ? highestId : lowestIdAt(toMs));

function labelValues(labels: NonNullable<RunFilters["labels"]>): [pairs: string, keys: string[]] {
  const pairs = labels.flatMap(({ key, value }) => (value === null ? [] : [[key, value] as const]));
  return [JSON.stringify(Object.fromEntries(pairs)), labels.filter(({ value }) => value === null).map(({ key }) => key)];
}
