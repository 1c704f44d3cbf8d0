import type { HeartbeatResult } from "@punctual/contract";
import type { Extended } from "../../store/leasing.ts";
import { readLeaseToken } from "../../store/tokens.ts";
import type { Operation } from "../operation.ts";
import { instant } from "../views.ts";
import type { WorkerDesk } from "./desk.ts";
import { acceptLogs } from "./told.ts";

export const heartbeatRuns =
  (desk: WorkerDesk): Operation<"heartbeatRuns"> =>
  async ({ cipher, tenantId }, { body }) => {
    const told = body.runs.map(({ runId, leaseToken, progress, message, logs = [] }, index) => {
      const grant = readLeaseToken(cipher, tenantId, runId.toLowerCase(), leaseToken);
      const lines = acceptLogs(logs, `/runs/${index}/logs`);
      return { runId: runId.toLowerCase(), grant, progress: progress ?? null, message: message ?? null, lines };
    });
    const held = told.flatMap(({ grant, ...run }) => (grant === null ? [] : [{ ...run, ...grant }]));
    const extended = held.length === 0 ? new Map<string, Extended>() : await desk.beat(held);
    const runs = told.map(({ runId, grant }) => viewOf(runId, grant === null ? undefined : extended.get(runId)));
    return { status: 200, body: { runs } };
  };

function viewOf(runId: string, extended: Extended | undefined): HeartbeatResult["runs"][number] {
  if (!extended) return { runId, status: "lost", leaseUntil: null, reason: null };
  const { untilMs, cancelReason } = extended;
  return { runId, status: cancelReason === null ? "extended" : "cancel", leaseUntil: instant(untilMs), reason: cancelReason };
}
