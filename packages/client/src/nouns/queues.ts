import type { ListQueuesQuery, PutQueueBody, Queue, QueuePage, QueueWithDepth } from "@punctual/contract";
import type { Call } from "../call.ts";
import { iteratePages } from "../pages.ts";

/** Everything about queues. Every function throws PunctualApiError. */
export function createQueues(call: Call) {
  const list = (query: ListQueuesQuery = {}): Promise<QueuePage> => call("listQueues", { query });
  return {
    /** One page, by name. */
    list,
    /** Every queue that matches, page after page. */
    iterate: (query: ListQueuesQuery = {}): AsyncGenerator<Queue, void, undefined> => iteratePages(list, query),
    /** Its limits, what waits in it, and why its head waits. */
    get: (name: string): Promise<QueueWithDepth> => call("getQueue", { params: { name } }),
    /** Replaces its limits; creates it when there is none. */
    put: (name: string, body: PutQueueBody = {}): Promise<Queue> => call("putQueue", { params: { name }, body }),
    /** Begins no run of it; runs under way go on. */
    pause: (name: string, body: { reason?: string } = {}): Promise<Queue> => call("pauseQueue", { params: { name }, body }),
    resume: (name: string): Promise<Queue> => call("resumeQueue", { params: { name } }),
    /** Refused with `queue_in_use` while jobs name it. */
    delete: (name: string): Promise<void> => call("deleteQueue", { params: { name } }),
  };
}
