import { PunctualError } from "@punctual/contract";
import type { Queryable } from "../../store/database.ts";
import { noteProgress, readAcceptedRun } from "../../store/leasing.ts";
import { findRun } from "../../store/runs.ts";
import type { Operation } from "../operation.ts";
import type { WorkerDesk } from "./desk.ts";
import { acceptOutcome } from "./told.ts";

/** Completes an accepted webhook, or tells how far it is. The token was judged before; whether its time is over, the database's clock decides here. */
export const completeRun =
  (desk: WorkerDesk): Operation<"completeRun"> =>
  async ({ db, tenantId, completion }, { params, body }) => {
    if (!completion) throw new TypeError("a completion was reached without its token");
    const runId = params.runId.toLowerCase();
    const { outcome, progress = null, message = null } = body;
    const run = await readAcceptedRun(db, runId, completion.attempt);
    if (!run) throw await over(db, tenantId, runId, completion.attempt);
    if (run.now > completion.expiresMs) throw new PunctualError("completion_token_invalid", "The time of this token is over.");
    const cancelRequested = run.cancel_reason !== null;
    if (outcome === undefined) {
      await noteProgress(db, { runId, attempt: completion.attempt, progress, message });
      return { status: 200, body: { runId, status: "running", cancelRequested } };
    }
    const status = await desk.completeAccepted(runId, completion, acceptOutcome({ ...body, outcome }, ""));
    if (status === null) throw await over(db, tenantId, runId, completion.attempt);
    return { status: 200, body: { runId, status, cancelRequested } };
  };

/** The refusal of a completion that comes twice or too late; says what became of the run, so that its receiver need not guess. */
async function over(db: Queryable, tenantId: number, runId: string, attempt: number): Promise<PunctualError> {
  const run = await findRun(db, tenantId, runId);
  const now = run === null ? "is not kept any more" : `is ${run.state} (attempt ${run.attempt})`;
  return new PunctualError("lease_lost", `Attempt ${attempt} is over; run ${runId} ${now}.`);
}
