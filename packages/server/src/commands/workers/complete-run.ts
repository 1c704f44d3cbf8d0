import { PunctualError } from "@punctual/contract";
import { noteProgress, readAcceptedRun } from "../../store/leasing.ts";
import type { Operation } from "../operation.ts";
import { lost } from "./complete-runs.ts";
import type { WorkerDesk } from "./desk.ts";
import { acceptOutcome } from "./told.ts";

/** Completes an accepted webhook, or tells how far it is. The token was judged before; whether its time is over, the database's clock decides here. */
export const completeRun =
  (desk: WorkerDesk): Operation<"completeRun"> =>
  async ({ db, completion }, { params, body }) => {
    if (!completion) throw new TypeError("a completion was reached without its token");
    const runId = params.runId.toLowerCase();
    const { outcome, progress = null, message = null } = body;
    const run = await readAcceptedRun(db, runId, completion.attempt);
    if (!run) throw lost(runId);
    if (run.now > completion.expiresMs) throw new PunctualError("completion_token_invalid", "The time of this token is over.");
    const cancelRequested = run.cancel_reason !== null;
    if (outcome === undefined) {
      await noteProgress(db, { runId, attempt: completion.attempt, progress, message });
      return { status: 200, body: { runId, status: "running", cancelRequested } };
    }
    const status = await desk.completeAccepted(runId, completion, acceptOutcome({ ...body, outcome }, ""));
    if (status === null) throw lost(runId);
    return { status: 200, body: { runId, status, cancelRequested } };
  };
