import { PunctualError, type Queue } from "@punctual/contract";
import { formatDuration } from "@punctual/schedule";
import { whyBlocked } from "../model/queue-block.ts";
import type { QueueLimits } from "../model/queue-limits.ts";
import { countMost, readQueueDepth } from "../store/queue-depth.ts";
import { findQueue, listQueues as listRows, type QueueRow } from "../store/queues.ts";
import type { Operation } from "./operation.ts";
import { cutPage, pageCursor } from "./page-cursor.ts";
import { instant, instantOrNull } from "./views.ts";

const defaultPage = 50;

export const listQueues: Operation<"listQueues"> = async (context, { query }) => {
  const { cursor, limit = defaultPage, namePrefix = "" } = query;
  const pages = pageCursor(context.tenantId, "queues", [namePrefix]);
  const found = await listRows(context.db, context.tenantId, namePrefix, pages.read(cursor), limit + 1);
  const { rows, lastKey } = cutPage(found, limit, (row) => row.name);
  return { status: 200, body: { items: rows.map(queueView), nextCursor: pages.after(lastKey) } };
};

export const getQueue: Operation<"getQueue"> = async (context, { params }) => {
  const row = await findQueue(context.db, context.tenantId, params.name);
  const depth = row && (await readQueueDepth(context.db, context.tenantId, params.name));
  if (!row || !depth) throw queueNotFound(params.name);
  const { ready, running, waiting, oldest_ms: oldestMs } = depth;
  const blocked = whyBlocked({
    limits: limitsOf(row),
    paused: row.paused_ms === null ? null : { reason: row.pause_reason },
    ready,
    running,
    tokenInMs: depth.token_in_ms,
    anyKeyFree: depth.any_key_free ?? true,
    onlyPulled: depth.only_pulled ?? false,
    oldestMs: oldestMs === null ? 0 : depth.now - oldestMs,
  });
  return {
    status: 200,
    body: {
      ...queueView(row),
      depth: counted(ready),
      running: counted(running),
      waiting: { count: waiting, isExact: depth.waiting_exact },
      oldestWaitingAt: instantOrNull(oldestMs),
      blocked,
    },
  };
};

export function queueNotFound(name: string): PunctualError {
  return new PunctualError("queue_not_found", `There is no queue ${name}.`);
}

/** A stored queue as the wire shows it. */
export function queueView(row: QueueRow): Queue {
  const { concurrency, keyConcurrency, rate } = limitsOf(row);
  return {
    name: row.name,
    status: row.paused_ms === null ? "active" : "paused",
    pauseReason: row.pause_reason,
    concurrency,
    keyConcurrency,
    rate: rate && { limit: rate.limit, period: formatDuration(rate.periodMs), burst: rate.burst },
    createdAt: instant(row.created_ms),
    updatedAt: instant(row.updated_ms),
  };
}

function limitsOf(row: QueueRow): QueueLimits {
  const { concurrency, key_concurrency: keyConcurrency, rate_limit: limit, rate_period_ms: periodMs, rate_burst: burst } = row;
  return { concurrency, keyConcurrency, rate: limit === null || periodMs === null || burst === null ? null : { limit, periodMs, burst } };
}

function counted(count: number): { count: number; isExact: boolean } {
  return { count: Math.min(count, countMost), isExact: count <= countMost };
}
