import type { AuditPage, AuditQuery } from "@punctual/contract";
import type { Call } from "../call.ts";

/** What the history proves. Every function throws PunctualApiError. */
export function createAudit(call: Call) {
  const page = (query: AuditQuery): Promise<AuditPage> => call("auditOccurrences", { query });
  return {
    /** One page: about 20,000 occurrences, recomputed and compared. */
    page,
    /** Every page of an audit; its summary is the sum of theirs. */
    async *pages(query: AuditQuery): AsyncGenerator<AuditPage, void, undefined> {
      let current = await page(query);
      yield current;
      while (current.nextCursor !== null) {
        current = await page({ ...query, cursor: current.nextCursor });
        yield current;
      }
    },
  };
}
