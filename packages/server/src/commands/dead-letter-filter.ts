import type { DeadLetterFilter } from "@punctual/contract";
import { originKey, queueKey } from "../model/ids.ts";
import { acceptInstant } from "../model/job-schedule.ts";
import type { DeadLetterFilters } from "../store/dead-letter-search.ts";
import { parseLabel } from "./label-filter.ts";
import { originOf } from "./run-filters.ts";

/** @throws PunctualError instant_invalid, request_invalid */
export function acceptFilter(tenantId: number, filter: DeadLetterFilter): DeadLetterFilters {
  const { jobId, label = [], failureClass, statusCode, target, queue, from, to, diedFrom, diedTo, text } = filter;
  return {
    labels: label.map(parseLabel),
    ...(jobId !== undefined && { jobId: jobId.toLowerCase() }),
    ...(failureClass !== undefined && { failureClass }),
    ...(statusCode !== undefined && { statusCode }),
    ...(target !== undefined && { origin: originKey(tenantId, originOf(target)) }),
    ...(queue !== undefined && { queue: queueKey(tenantId, queue) }),
    ...(from !== undefined && { fromMs: acceptInstant(from, "from") }),
    ...(to !== undefined && { toMs: acceptInstant(to, "to") }),
    ...(diedFrom !== undefined && { diedFromMs: acceptInstant(diedFrom, "diedFrom") }),
    ...(diedTo !== undefined && { diedToMs: acceptInstant(diedTo, "diedTo") }),
    ...(text !== undefined && { text }),
  };
}
