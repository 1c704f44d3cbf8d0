import type { RunLogLine } from "@punctual/contract";
import { isTerminal } from "../../model/run-states.ts";
import { type LogPlace, type LogRow, readLogs } from "../../store/run-logs.ts";
import type { Operation } from "../operation.ts";
import { pageCursor } from "../page-cursor.ts";
import { requireRun } from "../read-runs.ts";
import { instant, instantOrNull } from "../views.ts";

const defaultPage = 200;
const beginning = "0/0";

export const listRunLogs: Operation<"listRunLogs"> = async (context, { params, query }) => {
  const { attempt, tail, follow, limit = defaultPage, cursor } = query;
  const run = await requireRun(context, params.runId);
  const pages = pageCursor(context.tenantId, "logs", [run.run_id, attempt]);
  const after = pages.read(cursor) ?? beginning;
  const most = tail ?? limit;
  const place = { attempt: attempt ?? null, after: placeOf(after) };
  // One more than a page tells whether there are others; the last lines have none behind them.
  const found = await readLogs(context.db, run.run_id, { ...place, limit: tail === undefined ? most + 1 : most, last: tail !== undefined });
  const rows = found.slice(0, most);
  const last = rows.at(-1);
  const end = last ? `${last.attempt}/${last.line}` : after;
  const goesOn = found.length > most || (follow === "true" && !isTerminal(run.state));
  return { status: 200, body: { items: rows.map(lineView), nextCursor: pages.after(goesOn ? end : null) } };
};

function placeOf(key: string): LogPlace {
  const [attempt = 0, line = 0] = key.split("/").map(Number);
  return { attempt, line };
}

function lineView(row: LogRow): RunLogLine {
  const { attempt, line, level, message, truncated } = row;
  return { attempt, line, at: instantOrNull(row.logged_ms), storedAt: instant(row.stored_ms), level, message, truncated };
}
