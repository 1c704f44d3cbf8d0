import { type LogLevel, limits } from "@punctual/contract";
import { shardOf } from "../model/ids.ts";
import type { Queryable } from "./database.ts";
import { appendLogsSql } from "./lease-statements.ts";
import type { LeaseKey } from "./leasing.ts";

/** A line as it is kept: printable and cut to its length already. */
export type NewLogLine = { loggedMs: number | null; level: LogLevel; message: string; truncated: boolean };

const fullMessage = `Further lines were dropped: a run keeps ${limits.logLines} lines or ${limits.logBytes / 1024 / 1024} MiB.`;

/** See appendLogsSql. */
export async function appendLogs(db: Queryable, entries: readonly (LeaseKey & { lines: readonly NewLogLine[] })[]): Promise<void> {
  const tuples = entries.flatMap(({ runId, holder, attempt, lines }) =>
    lines.map(({ loggedMs, level, message, truncated }) => [shardOf(runId), runId, holder, attempt, loggedMs, level, message, truncated]),
  );
  if (tuples.length === 0) return;
  const values = [JSON.stringify(tuples), limits.logLines, limits.logBytes, fullMessage];
  await db.query({ name: "append_logs", text: appendLogsSql, values });
}

export type LogRow = {
  attempt: number;
  line: number;
  logged_ms: number | null;
  stored_ms: number;
  level: LogLevel;
  message: string;
  truncated: boolean;
};
/** Where a page of lines begins or ended. */
export type LogPlace = { attempt: number; line: number };

/**
 * Lines of a run in the order (attempt, line): those after a place, or, backwards, the last ones.
 *
 * Index: primary key of run_logs.
 */
export async function readLogs(
  db: Queryable,
  runId: string,
  { attempt, after, limit, last }: { attempt: number | null; after: LogPlace; limit: number; last: boolean },
): Promise<LogRow[]> {
  const order = last ? "desc" : "asc";
  const { rows } = await db.query<LogRow>({
    name: `read_logs_${order}`,
    text: `select attempt, line, punctual.ms(logged_at) as logged_ms, punctual.ms(stored_at) as stored_ms, level, message, truncated
           from punctual.run_logs
           where shard = $1 and run_id = $2 and (attempt, line) > ($3, $4) and ($5::int is null or attempt = $5)
           order by attempt ${order}, line ${order} limit $6`,
    values: [shardOf(runId), runId, after.attempt, after.line, attempt, limit],
  });
  return last ? rows.reverse() : rows;
}
