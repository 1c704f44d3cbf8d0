import type { Answer, Body, LeasedRun, OperationId, RunWithAttempts } from "@punctual/contract";
import { routes } from "@punctual/contract";
import type { Cluster, TestNode } from "../engine/cluster.ts";

type Reply<K extends OperationId> = { status: number; body: Answer<K> & { code?: string } };

/** A worker that speaks bare HTTP with a node. */
export type TestWorker = {
  name: string;
  ask<K extends OperationId>(id: K, body: Body<K>, signal?: AbortSignal): Promise<Reply<K>>;
  /** Leases, by default one run of the queue `q` without waiting. */
  lease(wish?: Partial<Body<"leaseRuns">>): Promise<LeasedRun[]>;
  /** One run, as soon as the node hands any out, which it does not in its first moments; rejects when there is none. */
  leaseOne(wish?: Partial<Body<"leaseRuns">>): Promise<LeasedRun>;
  beat(run: LeasedRun, more?: Partial<Body<"heartbeatRuns">["runs"][number]>): Promise<Answer<"heartbeatRuns">["runs"][number] | undefined>;
  complete(run: LeasedRun, result?: Partial<Body<"completeRuns">["results"][number]>): Promise<Reply<"completeRuns">>;
  read(runId: string): Promise<RunWithAttempts>;
  get(path: string): Promise<{ status: number; body: Record<string, unknown> }>;
};

export function workerOf(cluster: Cluster, node: TestNode, name = "w1", key = cluster.apiKey): TestWorker {
  const send = async (method: string, path: string, body?: unknown, signal?: AbortSignal) => {
    const response = await fetch(node.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    return { status: response.status, body: (await response.json()) as never };
  };
  const ask: TestWorker["ask"] = (id, body, signal) => send(routes[id].method, routes[id].path, body, signal);
  const lease: TestWorker["lease"] = async (wish = {}) => {
    const { status, body } = await ask("leaseRuns", { worker: name, queues: ["q"], wait: "0s", ...wish });
    if (status !== 200) throw new Error(`expected leases, got ${status} ${JSON.stringify(body)}`);
    return body.leases;
  };
  return {
    name,
    ask,
    lease,
    async leaseOne(wish) {
      const [run] = await lease({ wait: "10s", ...wish });
      if (!run) throw new Error("expected a run to lease, there was none");
      return run;
    },
    async beat({ runId, leaseToken }, more = {}) {
      const { body } = await ask("heartbeatRuns", { worker: name, runs: [{ runId, leaseToken, ...more }] });
      return body.runs[0];
    },
    complete: ({ runId, leaseToken }, result = {}) =>
      ask("completeRuns", { worker: name, results: [{ runId, leaseToken, outcome: "succeeded", ...result }] }),
    read: async (runId) => (await send("GET", `/v1/runs/${runId}`)).body,
    get: (path) => send("GET", path),
  };
}

/** Runs of a job that workers of the queue `q` do, and that only ever runs when it is asked to; ready as soon as this resolves. */
export async function triggered(
  cluster: Cluster,
  node: TestNode,
  job: Partial<Body<"createJob">> = {},
  count = 1,
): Promise<{ jobId: string; runIds: string[] }> {
  const { jobId } = await cluster.createJob({ every: "24h", target: { type: "worker", queue: "q" }, ...job });
  const runIds: string[] = [];
  for (let index = 0; index < count; index++)
    runIds.push((await cluster.ask("triggerJob", { params: { jobId }, body: {} }, { on: node })).body.runId);
  return { jobId, runIds };
}
