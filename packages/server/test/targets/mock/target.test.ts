import { expect, it } from "vitest";
import { createMockTarget } from "../../../src/targets/mock/target.ts";
import { attemptRequest, describeTargetConformance, neverAborted } from "../conformance.ts";

describeTargetConformance("the mock target", async () => ({
  target: createMockTarget(),
  specs: {
    answers: { type: "mock", outcome: "ok" },
    hangs: { type: "mock", outcome: "hang" },
    drips: { type: "mock", outcome: "hang" },
    refuses: { type: "mock", outcome: "fail", failureClass: "connection_refused" },
    breaks: { type: "mock", outcome: "fail", failureClass: "connection_reset" },
    broken: { type: "mock", outcome: "fail", failureClass: "internal" },
  },
  receivedRunIds: null,
  requestsArrived: null,
  connectionsClosed: async () => {},
  close: async () => {},
}));

it("takes as long as it is told to, within the deadline", async () => {
  const target = createMockTarget();
  const spec = { type: "mock", outcome: "ok", durationMs: 5, output: "done" } as const;
  expect(await target.attempt(attemptRequest(spec), neverAborted())).toEqual({
    ok: true,
    statusCode: null,
    output: "done",
    outputTruncated: false,
  });
  const tooSlow = { type: "mock", outcome: "ok", durationMs: 60_000 } as const;
  expect(await target.attempt(attemptRequest(tooSlow, { timeoutMs: 5 }), neverAborted())).toMatchObject({ failureClass: "timeout" });
});

it("counts as one origin unless told otherwise", () => {
  const target = createMockTarget();
  expect(target.originOf({ type: "mock", outcome: "ok" })).toBe("mock:");
  expect(target.originOf({ type: "mock", outcome: "ok", origin: "mock:b" })).toBe("mock:b");
});
