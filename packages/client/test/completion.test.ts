import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { accepted, type Completion, completeRun, createNodeReceiver, type ReceivedRun } from "../src/index.ts";
import { listen, signedHeaders } from "./lib/webhook-sender.ts";

const body = "{}";
const secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"];
const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

/** A receiver that accepts every run, and what it was sent. */
async function receiver() {
  const runs: ReceivedRun[] = [];
  const errors: unknown[] = [];
  const onRun = (run: ReceivedRun) => {
    runs.push(run);
    return accepted;
  };
  const server = await listen(createNodeReceiver({ secrets, onRun, onError: (error) => void errors.push(error) }));
  running.push(server);
  const send = async (more: { [name: string]: string }) =>
    (await fetch(server.url, { method: "POST", body, headers: { ...signedHeaders("run-1", body), ...more } })).status;
  return { runs, errors, send };
}

/** A server that answers each completion as told, and what it was asked. */
async function punctual(status = 200, answer: object = { runId: "run-1", status: "succeeded", cancelRequested: false }) {
  const asked: unknown[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    asked.push([request.method, request.url, request.headers.authorization, JSON.parse(await text(request))]);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
  };
  const server = await listen((request, response) => void take(request, response).catch(() => response.destroy()));
  running.push(server);
  return { asked, url: server.url.slice(0, -1) };
}

describe("a receiver", () => {
  it("accepts a run with 202 and has what completes it, as data that can be kept", async () => {
    const { runs, send } = await receiver();
    const url = "https://example.com/v1/runs/run-1/complete";
    expect(await send({ "punctual-completion-token": "t.x", "punctual-completion-url": url })).toBe(202);
    expect(await send({ "punctual-completion-token": "t.x" })).toBe(202);
    expect(runs.map(({ completion }) => JSON.parse(JSON.stringify(completion)) as unknown)).toEqual([
      { runId: "run-1", token: "t.x", url },
      { runId: "run-1", token: "t.x", url: null },
    ]);
  });

  it("cannot accept a run whose job knows no completion: a 202 would pass for its success", async () => {
    const { errors, send } = await receiver();
    expect(await send({})).toBe(500);
    expect(errors).toMatchObject([{ message: expect.stringContaining("completion: callback") }]);
  });
});

describe("completeRun", () => {
  const completion = (url: string | null): Completion => ({ runId: "run-1", token: "t.x", url });

  it("shows the token where the webhook said, or where the caller says", async () => {
    const { asked, url } = await punctual();
    const told = { outcome: "failed", error: "no paper" } as const;
    const done = await completeRun(completion(`${url}/some/v1/runs/run-1/complete`), told);
    await completeRun(completion(null), told, { baseUrl: url });
    await completeRun(completion("https://example.com/v1/runs/run-1/complete"), told, { baseUrl: url });
    expect(done.status).toBe("succeeded");
    expect(asked).toEqual(["/some", "", ""].map((path) => ["POST", `${path}/v1/runs/run-1/complete`, "Bearer t.x", told]));
  });

  it("says so when nobody knows where, or the webhook said something odd", async () => {
    await expect(completeRun(completion(null), {})).rejects.toThrow("PUNCTUAL_PUBLIC_URL");
    await expect(completeRun(completion("https://example.com/other"), {})).rejects.toThrow("does not end with /v1/runs/run-1/complete");
  });

  it("rejects with the server's refusal, and is not sent again by itself", async () => {
    const { asked, url } = await punctual(409, { code: "lease_lost", title: "over", detail: "Attempt 1 is over." });
    await expect(completeRun(completion(null), { outcome: "succeeded" }, { baseUrl: url })).rejects.toMatchObject({ code: "lease_lost" });
    expect(asked.length).toBe(1);
  });
});
