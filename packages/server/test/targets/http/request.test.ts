import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { verifyWebhook } from "../../../../client/src/webhook.ts";
import type { HttpTargetSpec } from "../../../src/targets/http/spec.ts";
import { createHttpTarget } from "../../../src/targets/http/target.ts";
import type { AttemptRequest, Target } from "../../../src/targets/port.ts";
import { attemptRequest, neverAborted } from "../conformance.ts";
import { startReceiver } from "./receiver.ts";

const attemptAtMs = Date.UTC(2027, 2, 1, 9, 0, 1, 700);

describe("a webhook as its receiver sees it", () => {
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  let target: Target<HttpTargetSpec>;
  beforeEach(async () => {
    receiver = await startReceiver((_, response) => response.end());
    target = createHttpTarget({ now: () => attemptAtMs, version: "1.2.3" });
  });
  afterEach(async () => {
    await target.close();
    await receiver.close();
  });

  const deliver = async (spec: Partial<HttpTargetSpec> = {}, overrides: Partial<AttemptRequest<HttpTargetSpec>> = {}) => {
    const outcome = await target.attempt(attemptRequest({ type: "http", url: receiver.url, ...spec }, overrides), neverAborted());
    const received = receiver.requests.at(-1);
    if (received === undefined) throw new Error(`nothing arrived: ${JSON.stringify(outcome)}`);
    return received;
  };

  it("names its run, job, attempt and nominal time, and who sends it", async () => {
    const { method, path, headers, body } = await deliver({}, { attempt: 2 });
    expect({ method, path, body }).toEqual({ method: "POST", path: "/hook", body: '{"report":"daily"}' });
    expect(headers).toMatchObject({
      host: `127.0.0.1:${receiver.port}`,
      "content-type": "application/json",
      "content-length": "18",
      "user-agent": "Punctual/1.2.3",
      "webhook-id": "0199a1b2-c3d4-7e5f-8a6b-0123456789ab",
      "webhook-timestamp": "1803891601",
      "punctual-job-id": "0199a1b2-0000-7000-8000-000000000001",
      "punctual-job-name": "nightly report",
      "punctual-attempt": "2",
      "punctual-nominal-time": "2027-03-01T09:00:00.000Z",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "idempotency-key": "0199a1b2-c3d4-7e5f-8a6b-0123456789ab",
      "accept-encoding": "identity",
    });
  });

  it("carries a signature that the client verifies, with either secret while they are rotated", async () => {
    const signingSecrets = ["whsec_bmV3bmV3bmV3bmV3bmV3bmV3bmV3", "whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xk"];
    const { headers, body } = await deliver({}, { payload: "grüße", contentType: "text/plain; charset=utf-8", signingSecrets });
    for (const secret of signingSecrets)
      expect(verifyWebhook({ secrets: [secret], headers, body, now: new Date(attemptAtMs) })).toEqual({
        runId: "0199a1b2-c3d4-7e5f-8a6b-0123456789ab",
        jobId: "0199a1b2-0000-7000-8000-000000000001",
        completion: null,
        attempt: 1,
        nominalTime: new Date("2027-03-01T09:00:00Z"),
      });
  });

  it.each(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const)(
    "is sent with %s and without a body when there is no payload",
    async (method) => {
      const received = await deliver({ method }, { payload: null, contentType: null });
      expect(received).toMatchObject({ method, body: "" });
      expect(received.headers["content-type"]).toBeUndefined();
      expect(
        verifyWebhook({ secrets: attemptRequest(null).signingSecrets, headers: received.headers, body: "", now: new Date(attemptAtMs) }),
      ).toBeDefined();
    },
  );

  it("brings what completes the run later where that is offered, and where to if that is known", async () => {
    const url = "https://punctual.example.com/v1/runs/0199a1b2-c3d4-7e5f-8a6b-0123456789ab/complete";
    const { headers } = await deliver({}, { completion: { token: "1.1.abc.mac", url } });
    expect(headers).toMatchObject({ "punctual-completion-token": "1.1.abc.mac", "punctual-completion-url": url });
    const { headers: bare } = await deliver({}, { completion: { token: "1.1.abc.mac", url: null } });
    expect(bare["punctual-completion-token"]).toBe("1.1.abc.mac");
    expect(bare).not.toHaveProperty("punctual-completion-url");
  });

  it("carries the job's own headers, which may say what the body is and who sends it", async () => {
    const { headers } = await deliver({
      headers: { Authorization: "Bearer x", "Content-Type": "application/cloudevents+json", "User-Agent": "mine" },
    });
    expect(headers).toMatchObject({ authorization: "Bearer x", "content-type": "application/cloudevents+json", "user-agent": "mine" });
  });

  it("keeps Punctual's word its own even when an old row holds a header that is reserved by now", async () => {
    const { headers, rawHeaders } = await deliver({
      headers: { "Webhook-Id": "forged", "punctual-attempt": "9", Host: "elsewhere", "Content-Length": "3" },
    });
    expect(headers).toMatchObject({
      "webhook-id": "0199a1b2-c3d4-7e5f-8a6b-0123456789ab",
      "punctual-attempt": "1",
      "content-length": "18",
    });
    expect(rawHeaders.join(" ")).not.toMatch(/forged|elsewhere/);
  });

  it("leaves out a job name that a header cannot hold, rather than encoding it in a way to be guessed", async () => {
    for (const jobName of ["täglich", "a\r\nX-Evil: 1", null])
      expect((await deliver({}, { jobName })).headers["punctual-job-name"]).toBeUndefined();
  });

  it("never lets a line break through into the header", async () => {
    const injections: Record<string, string>[] = [
      { "x-a": "1\r\nX-Evil: 1" },
      { "x-a\r\nX-Evil": "1" },
      { "x-a": "1\u0000" },
      { "x-a": "\u010d\u010aX-Evil: 1" },
    ];
    for (const headers of injections) {
      const outcome = await target.attempt(attemptRequest({ type: "http", url: receiver.url, headers }), neverAborted());
      expect(outcome).toMatchObject({ ok: false, failureClass: "internal", mayHaveBeenSeen: false });
    }
    expect(receiver.requests).toEqual([]);
  });

  it("asks for the query as it stands in the URL", async () => {
    expect((await deliver({ url: `http://127.0.0.1:${receiver.port}/a%20b?x=1&y=%2F` })).path).toBe("/a%20b?x=1&y=%2F");
  });

  it("comes over a connection that is open already", async () => {
    const ports = new Set<number>();
    for (let sent = 0; sent < 20; sent++) ports.add((await deliver()).remotePort);
    // Two and not one: undici frees a connection a turn of the event loop after its answer, and this loop asks again within the same turn.
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  it("counts towards its origin, whatever its path", () => {
    expect(target.originOf({ type: "http", url: "https://Example.com:443/a" })).toBe("https://example.com");
    expect(target.originOf({ type: "http", url: "http://example.com:8080/b?c" })).toBe("http://example.com:8080");
  });
});
