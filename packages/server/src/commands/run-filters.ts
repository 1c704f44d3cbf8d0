import { type ListRunsQuery, PunctualError } from "@punctual/contract";
import { originKey, queueKey } from "../model/ids.ts";
import { acceptInstant } from "../model/job-schedule.ts";
import type { RunFilters } from "../store/run-search.ts";
import { parseLabel } from "./label-filter.ts";

/**
 * The filters of a search for runs, as the wire has them, in the store's terms.
 *
 * @throws PunctualError request_invalid, instant_invalid
 */
export function runFilters(tenantId: number, query: Omit<ListRunsQuery, "limit" | "cursor">): RunFilters {
  const { jobId, label, status, kind, failureClass, statusCode, target, queue, text, from, to } = query;
  return {
    ...(jobId !== undefined && { jobId: jobId.toLowerCase() }),
    ...(label !== undefined && { labels: label.map(parseLabel) }),
    ...(status !== undefined && { states: status }),
    ...(kind !== undefined && { kind }),
    ...(failureClass !== undefined && { failureClasses: failureClass }),
    ...(statusCode !== undefined && { statusCodes: statusCode.map(codeRange) }),
    ...(target !== undefined && { origin: originKey(tenantId, originOf(target)) }),
    ...(queue !== undefined && { queue: queueKey(tenantId, queue) }),
    ...(text !== undefined && { text }),
    ...(from !== undefined && { fromMs: acceptInstant(from, "from") }),
    ...(to !== undefined && { toMs: acceptInstant(to, "to") }),
  };
}

/** `503`, or `5xx` for 500 to 599. */
function codeRange(code: string): { from: number; to: number } {
  const hundred = Number(code.charAt(0)) * 100;
  return code.endsWith("xx") ? { from: hundred, to: hundred + 99 } : { from: Number(code), to: Number(code) };
}

/**
 * As runs carry it: a webhook's scheme, host and port; a worker's queue.
 *
 * @throws PunctualError request_invalid
 */
export function originOf(target: string): string {
  if (/^worker:./.test(target)) return target;
  const url = URL.canParse(target) ? new URL(target) : null;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url.origin;
  const message = `The target ${JSON.stringify(target)} is neither a URL nor a worker's queue.`;
  throw new PunctualError("request_invalid", message, {
    faults: [{ pointer: "target", message, found: target, expected: "https://host, or worker:QUEUE" }],
  });
}
