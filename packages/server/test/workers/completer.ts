import type { IncomingHttpHeaders } from "node:http";
import type { Body, CompletedRun, RunWithAttempts } from "@punctual/contract";
import { eventually, type Receiver } from "@punctual/testkit";
import type { Cluster, TestNode } from "../engine/cluster.ts";

/** What a test of long webhooks works with; given anew for each call, as it is only there once the test has begun. */
type Given = () => { cluster: Cluster; receiver: Receiver; node: TestNode };
type Reply = { status: number; body: CompletedRun & { code?: string; detail?: string } };
export type Accepted = { jobId: string; runId: string; token: string; headers: IncomingHttpHeaders };

/** Jobs of a receiver that completes its runs later, and its part of the conversation, over bare HTTP. */
export function completer(given: Given) {
  const read = async (runId: string): Promise<RunWithAttempts> => (await given().cluster.ask("getRun", { params: { runId } })).body;
  const started = async (job: Partial<Body<"createJob">>, by?: TestNode): Promise<{ jobId: string; runId: string }> => {
    const { cluster, receiver, node } = given();
    const target = { type: "http" as const, url: receiver.url, completion: "callback" as const };
    const body = { cron: "0 0 1 1 *", target, ...job };
    const { jobId } = by ? await cluster.createJobOn(by, body) : await cluster.createJob(body);
    return { jobId, runId: (await cluster.ask("triggerJob", { params: { jobId }, body: {} }, { on: by ?? node })).body.runId };
  };
  const request = async (runId: string): Promise<IncomingHttpHeaders> => {
    const isIts = ({ headers }: { headers: IncomingHttpHeaders }) => headers["webhook-id"] === runId;
    return (await given().receiver.waitFor((all) => all.some(isIts))).find(isIts)?.headers ?? {};
  };
  return {
    read,
    /** The headers of the first request of a run, as soon as it was sent. */
    request,
    trigger: async (job: Partial<Body<"createJob">> = {}): Promise<string> => (await started(job)).runId,
    /** A run whose webhook was accepted. @param by the node that sends it; any when it does not matter */
    accepted: async (job: Partial<Body<"createJob">>, by?: TestNode): Promise<Accepted> => {
      const run = await started(job, by);
      const headers = await request(run.runId);
      await eventually(async () => (await read(run.runId)).leaseUntil !== null);
      return { ...run, headers, token: String(headers["punctual-completion-token"]) };
    },
    /** The run once its attempt under way is over. */
    left: (runId: string): Promise<RunWithAttempts> =>
      eventually(
        async () => {
          const run = await read(runId);
          return run.status !== "running" && run.status !== "ready" && run;
        },
        { timeoutMs: 10_000 },
      ),
    complete: async (runId: string, token: string, body: Body<"completeRun">, on: TestNode = given().node): Promise<Reply> => {
      const response = await fetch(`${on.url}/v1/runs/${runId}/complete`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as Reply["body"] };
    },
  };
}
