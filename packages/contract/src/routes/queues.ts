import { Type } from "typebox";
import { QueueName } from "../schemas/common.ts";
import * as queue from "../schemas/queue.ts";
import type { Route } from "./route.ts";

const name = Type.Object({ name: QueueName }, { additionalProperties: false });

export const queueRoutes = {
  listQueues: {
    method: "GET",
    path: "/v1/queues",
    tag: "queues",
    scope: "read",
    summary: "List queues by name",
    query: queue.ListQueuesQuery,
    responses: { 200: { description: "A page of queues, without what waits in them", schema: queue.QueuePage } },
    errors: ["cursor_invalid"],
  },
  getQueue: {
    method: "GET",
    path: "/v1/queues/{name}",
    tag: "queues",
    scope: "read",
    summary: "Read a queue, what waits in it, and why",
    params: name,
    responses: { 200: { description: "The queue", schema: queue.QueueWithDepth } },
    errors: ["queue_not_found"],
  },
  putQueue: {
    method: "PUT",
    path: "/v1/queues/{name}",
    tag: "queues",
    scope: "write",
    summary: "Set the limits of a queue, or create it",
    description:
      "Replaces all limits: what is left out has none. They hold for every claim after the answer; runs under way go on. A job that names a queue creates it too, without limits.",
    params: name,
    body: queue.PutQueue,
    responses: {
      200: { description: "It existed; this is how it is now", schema: queue.Queue },
      201: { description: "It was created", schema: queue.Queue },
    },
    errors: ["duration_invalid"],
  },
  pauseQueue: {
    method: "POST",
    path: "/v1/queues/{name}/pause",
    tag: "queues",
    scope: "write",
    summary: "Begin no run of a queue",
    description: "Runs under way go on, and jobs go on firing into it. Pausing a paused queue changes its reason.",
    params: name,
    body: queue.PauseQueue,
    bodyOptional: true,
    responses: { 200: { description: "The queue", schema: queue.Queue } },
    errors: ["queue_not_found"],
  },
  resumeQueue: {
    method: "POST",
    path: "/v1/queues/{name}/resume",
    tag: "queues",
    scope: "write",
    summary: "Begin the runs of a paused queue again",
    description: "Within its limits, from the one that is first in turn. Resuming an active queue changes nothing.",
    params: name,
    responses: { 200: { description: "The queue", schema: queue.Queue } },
    errors: ["queue_not_found"],
  },
  deleteQueue: {
    method: "DELETE",
    path: "/v1/queues/{name}",
    tag: "queues",
    scope: "write",
    summary: "Delete a queue that no job names",
    params: name,
    responses: { 204: { description: "It is gone" } },
    errors: ["queue_not_found", "queue_in_use"],
  },
} as const satisfies Record<string, Route>;
