import type { ResolveRestoreBody, RestoreMode, RestoreModeQuery, RestoreResolution } from "@punctual/contract";
import type { Call } from "../call.ts";

/** What was noticed after a restore, and what is decided about it. Needs a key with the scope `operate`. Every function throws PunctualApiError. */
export function createRestoreMode(call: Call) {
  const resolveOnce = (body: ResolveRestoreBody): Promise<RestoreResolution> => call("resolveRestoreMode", { body });
  return {
    /** Why nothing fires, or null, and a page of the jobs concerned. */
    get: (query: RestoreModeQuery = {}): Promise<RestoreMode> => call("getRestoreMode", { query }),
    /** Stops firing on every node. */
    begin: (body: { reason?: string } = {}): Promise<RestoreMode> => call("beginRestoreMode", { body }),
    /** One request's worth; `isComplete` says whether there is more. */
    resolveOnce,
    /** The whole, request after request. */
    async resolve(body: ResolveRestoreBody): Promise<RestoreResolution> {
      let { occurrences, runs, isComplete, isResolved } = await resolveOnce(body);
      while (!isComplete) {
        const more = await resolveOnce(body);
        occurrences += more.occurrences;
        runs += more.runs;
        ({ isComplete, isResolved } = more);
      }
      return { occurrences, runs, isComplete, isResolved };
    },
  };
}
