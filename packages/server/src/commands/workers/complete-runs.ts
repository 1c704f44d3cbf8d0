import { type CompleteResult, PunctualError } from "@punctual/contract";
import { problemOf } from "../../model/problem.ts";
import { type LeaseGrant, readLeaseToken } from "../../store/tokens.ts";
import type { Operation } from "../operation.ts";
import type { LeaseResult, ToldOutcome, WorkerDesk } from "./desk.ts";
import { acceptLogs, acceptOutcome } from "./told.ts";

type Item = CompleteResult["results"][number];

export const completeRuns =
  (desk: WorkerDesk): Operation<"completeRuns"> =>
  async ({ cipher, tenantId }, { body }) => {
    const seen = new Set<string>();
    const told = body.results.map((result, index) => {
      const runId = result.runId.toLowerCase();
      // The second result of a run in one request comes too late, as it would in the next.
      const grant = seen.has(runId) ? null : readLeaseToken(cipher, tenantId, runId, result.leaseToken);
      seen.add(runId);
      const at = `/results/${index}`;
      const outcome = acceptOutcome(result, at);
      const lines = acceptLogs(result.logs ?? [], `${at}/logs`);
      return { runId, held: grant === null ? null : resultOf(runId, grant, outcome, body.worker, lines) };
    });
    const held = told.flatMap((result) => result.held ?? []);
    const settled = held.length === 0 ? new Map<string, never>() : await desk.complete(held);
    const results = told.map(({ runId, held: known }): Item => {
      const run = known === null ? undefined : settled.get(runId);
      return run === undefined ? { runId, status: 409, problem: problemOf(lost(runId)) } : { runId, status: 200, run };
    });
    const [only] = results;
    if (results.length === 1 && only?.status === 409) throw lost(only.runId);
    return { status: 200, body: { results } };
  };

/** Each field by its name: to spread two objects into a third takes V8 5 us, more than the token does. */
function resultOf(
  runId: string,
  { holder, attempt, leasedMs }: LeaseGrant,
  { outcome, output, outputTruncated, error, retryable, retryAfterMs }: ToldOutcome,
  worker: string,
  lines: LeaseResult["lines"],
): LeaseResult {
  return { runId, holder, attempt, leasedMs, worker, lines, outcome, output, outputTruncated, error, retryable, retryAfterMs };
}

/** The refusal of a completion that came too late, twice, or from somebody who does not hold the run. */
export function lost(runId: string): PunctualError {
  return new PunctualError("lease_lost", `Run ${runId} is not held under this lease: it has ended, or was given to another.`);
}
