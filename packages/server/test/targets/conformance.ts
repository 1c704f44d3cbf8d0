import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AttemptOutcome, AttemptRequest, Target } from "../../src/targets/port.ts";

/** What a target's own test lends to the suite: the target, the other side, and specs that make the other side behave in each way. */
export type ConformanceHarness<Spec> = {
  target: Target<Spec>;
  specs: {
    answers: Spec;
    /** Takes the request and never answers. */
    hangs: Spec;
    /** Answers for ever, a little at a time. */
    drips: Spec;
    refuses: Spec;
    /** Takes the request, then breaks the connection. */
    breaks: Spec;
    /** A spec that cannot have passed the check, as an old row may hold. */
    broken: Spec;
  };
  /** The run ids that reached the other side, in order; null when there is no other side. */
  receivedRunIds: (() => string[]) | null;
  /** Resolves once that many requests have arrived; null when there is no other side. */
  requestsArrived: ((count: number) => Promise<void>) | null;
  /** Resolves once the other side sees no open connection. */
  connectionsClosed(): Promise<void>;
  close(): Promise<void>;
};

/** Far more than any of these attempts needs; the suite's own deadline for "soon". */
const soonMs = 2_000;

/** An attempt with everything filled in; the fields that a test is about go into `overrides`. */
export function attemptRequest<Spec>(target: Spec, overrides: Partial<AttemptRequest<Spec>> = {}): AttemptRequest<Spec> {
  return {
    target,
    runId: "0199a1b2-c3d4-7e5f-8a6b-0123456789ab",
    jobId: "0199a1b2-0000-7000-8000-000000000001",
    jobName: "nightly report",
    tenantId: 1,
    attempt: 1,
    nominalAt: Date.UTC(2027, 2, 1, 9),
    payload: '{"report":"daily"}',
    contentType: "application/json",
    signingSecrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    timeoutMs: 10_000,
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    idempotencyKey: "0199a1b2-c3d4-7e5f-8a6b-0123456789ab",
    completion: null,
    ...overrides,
  };
}

/** A signal that nobody aborts. */
export const neverAborted = (): AbortSignal => new AbortController().signal;

/** The promises of `targets/README.md`, for any target. `open` is called anew for every test. */
export function describeTargetConformance<Spec>(name: string, open: () => Promise<ConformanceHarness<Spec>>): void {
  describe(`${name} keeps the promises of every target`, () => {
    let harness: ConformanceHarness<Spec>;
    beforeEach(async () => {
      harness = await open();
    });
    afterEach(async () => {
      await harness.target.close();
      await harness.close();
    });

    const attempt = (spec: Spec, timeoutMs = soonMs, signal = neverAborted()): Promise<AttemptOutcome> =>
      harness.target.attempt(attemptRequest(spec, { timeoutMs }), signal);

    it("answers a success as an outcome", async () => {
      expect(await attempt(harness.specs.answers)).toMatchObject({ ok: true, outputTruncated: false });
    });

    it("ends at its deadline when nobody answers", async () => {
      expect(await attempt(harness.specs.hangs, 50)).toMatchObject({ ok: false, failureClass: "timeout" });
    });

    it("ends at its deadline even while an answer keeps coming", async () => {
      expect(await attempt(harness.specs.drips, 100)).toMatchObject({ ok: false, failureClass: "timeout" });
    });

    it("says that nobody can have seen a refused request", async () => {
      expect(await attempt(harness.specs.refuses)).toMatchObject({ ok: false, failureClass: "connection_refused", mayHaveBeenSeen: false });
    });

    it("names a broken connection", async () => {
      expect(await attempt(harness.specs.breaks)).toMatchObject({ ok: false, failureClass: "connection_reset" });
    });

    it("turns a spec it cannot carry out into an outcome instead of rejecting", async () => {
      const outcome = await attempt(harness.specs.broken);
      expect(outcome).toMatchObject({ ok: false, mayHaveBeenSeen: false });
      expect(outcome.ok ? "" : outcome.message).not.toBe("");
    });

    it("sends nothing when it was cancelled before it began", async () => {
      expect(await attempt(harness.specs.answers, soonMs, AbortSignal.abort())).toMatchObject({
        ok: false,
        failureClass: "cancelled",
        mayHaveBeenSeen: false,
      });
      expect(harness.receivedRunIds?.() ?? []).toEqual([]);
    });

    it("ends soon when it is cancelled on the way", async () => {
      const cancelling = new AbortController();
      const outcome = attempt(harness.specs.hangs, 60_000, cancelling.signal);
      await harness.requestsArrived?.(1);
      cancelling.abort();
      expect(await outcome).toMatchObject({ ok: false, failureClass: "cancelled" });
    });

    it("carries the same run id on every attempt of a run", async (context) => {
      context.skip(harness.receivedRunIds === null, "there is no other side to receive anything");
      for (const attemptNumber of [1, 2, 3])
        await harness.target.attempt(attemptRequest(harness.specs.answers, { runId: "run-a", attempt: attemptNumber }), neverAborted());
      expect(harness.receivedRunIds?.()).toEqual(["run-a", "run-a", "run-a"]);
    });

    it("closes while an attempt is going on, and leaves no connection behind", async () => {
      await attempt(harness.specs.answers);
      const going = attempt(harness.specs.hangs, 60_000);
      await harness.requestsArrived?.(2);
      await harness.target.close();
      expect(await going).toMatchObject({ ok: false, failureClass: "cancelled" });
      await harness.connectionsClosed();
    });

    it("may be closed twice, and cancels what is asked of it afterwards", async () => {
      await harness.target.close();
      await harness.target.close();
      expect(await attempt(harness.specs.answers)).toMatchObject({ ok: false, failureClass: "cancelled", mayHaveBeenSeen: false });
    });

    it("keeps no listener on the signal of an attempt that has ended", async () => {
      const signal = neverAborted();
      await attempt(harness.specs.answers, soonMs, signal);
      await attempt(harness.specs.hangs, 20, signal);
      expect(getEventListeners(signal, "abort")).toEqual([]);
    });
  });
}
