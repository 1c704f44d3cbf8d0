import { randomBytes } from "node:crypto";
import type { LeasedRun } from "@punctual/contract";
import { formatDuration } from "@punctual/schedule";
import { queueKey, shardOfQueue } from "../../model/ids.ts";
import { leaseToken } from "../../store/tokens.ts";
import type { CommandContext, Operation } from "../operation.ts";
import { instant } from "../views.ts";
import type { GrantedLease, WorkerDesk } from "./desk.ts";
import { durationBetween } from "./told.ts";

const waits = { defaultText: "20s", mostMs: 30_000 };
const leaseBounds = { defaultText: "30s", leastMs: 5_000, mostMs: 600_000 };
/** Two beats may be lost before the lease is. */
const beatsALease = 3;
const spanBytes = 8;

export const leaseRuns =
  (desk: WorkerDesk): Operation<"leaseRuns"> =>
  async (context, { body }) => {
    const { worker, queues, batch = 1, wait = waits.defaultText, lease = leaseBounds.defaultText } = body;
    const leaseMs = durationBetween("lease", lease, leaseBounds.leastMs, leaseBounds.mostMs);
    const granted = await desk.lease({
      tenantId: context.tenantId,
      worker,
      queues: queues.map((name) => {
        const queue = queueKey(context.tenantId, name);
        return { name, queue, shard: shardOfQueue(queue) };
      }),
      most: batch,
      waitMs: durationBetween("wait", wait, 0, waits.mostMs),
      leaseMs,
      gone: context.gone ?? null,
    });
    // Of all at once: a call for each took as long as its run's token.
    const spans = randomBytes(granted.length * spanBytes).toString("hex");
    const leases = granted.map((run, index) =>
      leaseView(context, run, leaseMs, spans.substring(2 * spanBytes * index, 2 * spanBytes * (index + 1))),
    );
    return { status: 200, body: { leases } };
  };

function leaseView({ cipher, tenantId }: CommandContext, run: GrantedLease, leaseMs: number, span: string): LeasedRun {
  const { runId, holder, attempt, leasedMs, endsMs } = run;
  return {
    runId,
    leaseToken: leaseToken(cipher, tenantId, runId, { holder, attempt, leasedMs, leaseMs, endsMs }),
    jobId: run.jobId,
    jobName: run.jobName,
    queue: run.queue,
    attempt,
    nominalAt: instant(run.nominalMs),
    payload: run.payload === null ? null : (JSON.parse(run.payload) as unknown),
    leaseUntil: instant(run.untilMs),
    endsAt: instant(endsMs),
    heartbeatEvery: formatDuration(Math.round(leaseMs / beatsALease)),
    idempotencyKey: runId,
    // One trace a run, one span an attempt, as for webhooks.
    traceparent: `00-${runId.replaceAll("-", "")}-${span}-01`,
  };
}
