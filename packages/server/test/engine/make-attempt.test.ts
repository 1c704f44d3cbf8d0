import type { Target as TargetSpec } from "@punctual/contract";
import { describe, expect, it } from "vitest";
import { makeAttempt } from "../../src/engine/make-attempt.ts";
import { planOf } from "../../src/model/job-definition.ts";
import type { AttemptOutcome, AttemptRequest, Target } from "../../src/targets/port.ts";

const jobId = "0192f3a4-5b6c-8d7e-9f01-23456789ab2c";
const nowMs = Date.parse("2027-03-01T09:00:00Z");
const hourMs = 3_600_000;
const notAsked = { statusCode: null, output: null, outputTruncated: false };
const tooLate: AttemptOutcome = {
  ...{ ok: false, failureClass: "timeout", message: "no answer", ...notAsked },
  ...{ retryAfterMs: null, retryForbidden: false, mayHaveBeenSeen: true },
};

/** Makes an attempt of a job. @returns what its target was asked, and what came of it */
async function attempt(
  job: { timeout?: string; deadline?: string; completion?: "answer" | "callback" },
  startedMs: number | null = null,
  mayBegin = true,
) {
  const asked: AttemptRequest<TargetSpec>[] = [];
  const target = {
    attempt: async (request: AttemptRequest<TargetSpec>) => (asked.push(request), tooLate),
  } as unknown as Target<TargetSpec>;
  const { timeout, deadline, completion = "callback" } = job;
  const spec = { type: "http" as const, url: "https://example.com/", completion };
  const plan = planOf({ every: "1h", target: spec, ...(timeout && { timeout }), ...(deadline && { retry: { deadline } }) }, jobId);
  const run = {
    shard: 1,
    runId: jobId,
    jobId,
    revision: 1,
    nominalMs: nowMs,
    attempt: 2,
    deadlineFromMs: startedMs,
    holder: 1,
    heldMs: null,
    payload: null,
  };
  const placement = { priority: 4, origin: 1, queue: null, concurrencyKey: null, pulled: false };
  const made = await makeAttempt(
    {
      targets: new Map([["http", target]]),
      secretsOf: async () => [],
      mayBegin: () => mayBegin,
      offerCompletion: ({ endsMs, attempt: number }) => ({ token: `${number} until ${endsMs - nowMs}`, url: null }),
    },
    run,
    { plan, tenantId: 1, name: null, payload: null, placement },
    nowMs,
    new AbortController().signal,
  );
  return { request: asked[0], made };
}

describe("an attempt that its target may complete later", () => {
  it("has 30 s for the request and the job's timeout for the completion", async () => {
    const { request, made } = await attempt({ timeout: "2h" });
    expect(request).toMatchObject({ timeoutMs: 30_000, completion: { token: `2 until ${2 * hourMs}` } });
    expect(made).toMatchObject({ limitMs: 2 * hourMs, outcome: { message: "no answer" } });
  });

  it("has less for both when the job's timeout or what is left of the run's deadline is less", async () => {
    expect((await attempt({ timeout: "10s" })).request).toMatchObject({ timeoutMs: 10_000, completion: { token: "2 until 10000" } });
    const { request, made } = await attempt({ timeout: "2h", deadline: "1h" }, nowMs - hourMs + 20_000);
    expect(request).toMatchObject({ timeoutMs: 20_000, completion: { token: "2 until 20000" } });
    expect(made).toMatchObject({ outcome: { atDeadline: true, message: "the run's deadline, 1h after it began, came; no answer" } });
  });

  it("that is not answered in time was not stopped by a deadline that is later", async () => {
    expect((await attempt({ timeout: "2h", deadline: "1h" }, nowMs)).made.outcome).not.toHaveProperty("atDeadline");
  });
});

it("an attempt of any other job has its whole timeout for the request, and nothing to complete it with", async () => {
  expect((await attempt({ timeout: "1h", completion: "answer" })).request).toMatchObject({ timeoutMs: hourMs, completion: null });
});

it("a node whose lease ended while it waited for the signing secret sends nothing", async () => {
  const { request, made } = await attempt({}, null, false);
  expect(request).toBeUndefined();
  expect(made.outcome).toMatchObject({ ok: false, failureClass: "lost", mayHaveBeenSeen: false });
});
