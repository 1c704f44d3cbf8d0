import type { BulkResult, CreateJobBody } from "@punctual/contract";

/** Jobs and bytes of one bulk request, as the contract limits them; a test holds them to it. Some room is left for the brackets around the jobs. */
export const bulkLimits = { jobs: 1_000, bytes: 16 * 1024 * 1024 - 64 };

/** A later request of a split bulk failed: `result` holds what the earlier ones did, `cause` is the failure; jobs from `result.items.length` on are in doubt. */
export class BulkInterruptedError extends Error {
  override readonly name = "BulkInterruptedError";
  readonly result: BulkResult;

  constructor(result: BulkResult, total: number, cause: unknown) {
    super(`The first ${result.items.length} of ${total} jobs were answered; then a request failed.`, { cause });
    this.result = result;
  }
}

/**
 * Sends any number of jobs in as few requests as the limits allow, one after the other, and joins their results.
 *
 * @throws the failure of the first request as it is, that of a later one as {@link BulkInterruptedError}
 */
export async function sendBulk(
  jobs: readonly CreateJobBody[],
  send: (part: CreateJobBody[], index: number) => Promise<BulkResult>,
): Promise<BulkResult> {
  const joined: BulkResult = { created: 0, failed: 0, items: [] };
  for (const [index, part] of splitBulk(jobs).entries()) {
    try {
      const result = await send(part, index);
      joined.created += result.created;
      joined.failed += result.failed;
      joined.items.push(...result.items);
    } catch (error) {
      throw index === 0 ? error : new BulkInterruptedError(joined, jobs.length, error);
    }
  }
  return joined;
}

/** Cuts the jobs, in order, into parts that fit a request each. A job too large for any request makes a part of its own, for the server to refuse. */
export function splitBulk(jobs: readonly CreateJobBody[]): CreateJobBody[][] {
  const parts: CreateJobBody[][] = [];
  let part: CreateJobBody[] = [];
  let bytes = 0;
  for (const job of jobs) {
    const size = Buffer.byteLength(JSON.stringify(job)) + 1;
    if (part.length > 0 && (part.length === bulkLimits.jobs || bytes + size > bulkLimits.bytes)) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(job);
    bytes += size;
  }
  return part.length > 0 ? [...parts, part] : parts;
}
