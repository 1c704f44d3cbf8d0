import { PunctualError } from "@punctual/contract";
import { queueKey, shardOfQueue } from "../model/ids.ts";
import { acceptQueueLimits } from "../model/queue-limits.ts";
import * as store from "../store/queues.ts";
import type { CommandContext, Operation } from "./operation.ts";
import { queueNotFound, queueView } from "./read-queues.ts";

export const putQueue: Operation<"putQueue"> = async (context, { params, body }) => {
  const row = await store.putQueue(context.db, context.tenantId, params.name, acceptQueueLimits(body));
  wake(context, params.name);
  return { status: row.is_new ? 201 : 200, body: queueView(row) };
};

export const pauseQueue: Operation<"pauseQueue"> = async (context, { params, body }) => {
  const row = await store.setQueuePause(context.db, context.tenantId, params.name, { reason: body?.reason ?? null });
  if (!row) throw queueNotFound(params.name);
  return { status: 200, body: queueView(row) };
};

export const resumeQueue: Operation<"resumeQueue"> = async (context, { params }) => {
  const row = await store.setQueuePause(context.db, context.tenantId, params.name, null);
  if (!row) throw queueNotFound(params.name);
  wake(context, params.name);
  return { status: 200, body: queueView(row) };
};

export const deleteQueue: Operation<"deleteQueue"> = async (context, { params }) => {
  const { deleted, jobs } = await store.deleteQueue(context.db, context.tenantId, params.name);
  if (jobs > 0) {
    const count = jobs > 1_000 ? "More than 1000 jobs name" : jobs === 1 ? "1 job names" : `${jobs} jobs name`;
    throw new PunctualError("queue_in_use", `${count} the queue ${params.name}.`);
  }
  if (!deleted) throw queueNotFound(params.name);
  return { status: 204, body: undefined };
};

/** Its runs may begin sooner than the owner of its shard would look. */
function wake(context: CommandContext, name: string): void {
  context.wake(shardOfQueue(queueKey(context.tenantId, name)));
}
