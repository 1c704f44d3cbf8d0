import type { Queue, QueueWithDepth } from "@punctual/contract";
import type { Io } from "../io.ts";
import { paint, paintStatus } from "./paint.ts";
import { safeText } from "./safe.ts";
import { fieldsText, tableText } from "./table.ts";
import { whenText } from "./when.ts";

/** Queues a line each, without what waits in them. */
export function queueTable(io: Io, queues: readonly Queue[]): Promise<string> {
  return tableText(
    io,
    ["queue", "status", "concurrency", "of a key", "rate"],
    queues.map((queue) => [
      queue.name,
      paintStatus(io, queue.status),
      limitText(queue.concurrency),
      limitText(queue.keyConcurrency),
      rateText(queue),
    ]),
  );
}

/** The limits of a queue, a field a line. */
export function queueText(io: Io, queue: Queue): string {
  return fieldsText(io, limitFields(io, queue));
}

/** The limits of a queue, what waits in it, and why. */
export function queueDepthText(io: Io, queue: QueueWithDepth): string {
  const { depth, running, waiting, oldestWaitingAt, blocked } = queue;
  return fieldsText(io, [
    ...limitFields(io, queue),
    ["ready", countText(depth)],
    ["oldest ready", oldestWaitingAt === null ? null : whenText(oldestWaitingAt, io.nowMs())],
    ["running", countText(running)],
    ["waiting or held", countText(waiting)],
    ["its head waits", blocked === null ? null : paint(io, "yellow", safeText(blocked.message))],
  ]);
}

function limitFields(io: Io, queue: Queue): (readonly [string, string | null])[] {
  return [
    ["queue", queue.name],
    ["status", paintStatus(io, queue.status) + (queue.pauseReason === null ? "" : ` (${safeText(queue.pauseReason)})`)],
    ["concurrency", limitText(queue.concurrency)],
    ["concurrency of a key", limitText(queue.keyConcurrency)],
    ["rate", rateText(queue)],
  ];
}

function limitText(limit: number | null): string {
  return limit === null ? "no limit" : String(limit);
}

function rateText({ rate }: Queue): string {
  return rate === null ? "no limit" : `${rate.limit}/${rate.period}, burst ${rate.burst}`;
}

function countText({ count, isExact }: { count: number; isExact: boolean }): string {
  return isExact ? String(count) : `more than ${count}`;
}
