import type { FailureClass } from "@punctual/contract";
import type { AttemptOutcome, Target } from "../port.ts";
import { watchWindow } from "../window.ts";

/** How a mock attempt shall end, and after how long (0 by default: at once, without a timer). `hang` ends only by deadline or cancellation. */
export type MockTargetSpec = {
  type: "mock";
  outcome: "ok" | "fail" | "hang";
  durationMs?: number;
  /** The failure of `fail`; `http_status` by default. */
  failureClass?: FailureClass;
  output?: string;
  /** What `originOf` answers; `mock:` by default. */
  origin?: string;
};

/**
 * A target that calls nothing, so that benchmarks and tests measure the engine alone. No member of the API's target union, so no job made over the API can
 * name it: only code that writes jobs itself.
 */
export function createMockTarget(): Target<MockTargetSpec> {
  const closing = new AbortController();
  return {
    type: "mock",
    check: () => [],
    originOf: (spec) => spec.origin ?? "mock:",
    attempt({ target: spec, timeoutMs }, signal) {
      if (signal.aborted || closing.signal.aborted) return Promise.resolve(failure("cancelled"));
      if (spec.outcome !== "hang" && !spec.durationMs) return Promise.resolve(programmedOutcome(spec));
      return new Promise((resolve) => {
        const settle = (outcome: AttemptOutcome): void => {
          clearTimeout(timer);
          release();
          closing.signal.removeEventListener("abort", onClose);
          resolve(outcome);
        };
        const onClose = (): void => settle(failure("cancelled"));
        const timer = spec.outcome === "hang" ? undefined : setTimeout(() => settle(programmedOutcome(spec)), spec.durationMs);
        const release = watchWindow(signal, timeoutMs, (reason) => settle(failure(reason)));
        closing.signal.addEventListener("abort", onClose, { once: true });
      });
    },
    async close() {
      closing.abort();
    },
  };
}

function programmedOutcome(spec: MockTargetSpec): AttemptOutcome {
  const output = spec.output ?? null;
  if (spec.outcome === "ok") return { ok: true, statusCode: null, output, outputTruncated: false };
  return { ...failure(spec.failureClass ?? "http_status"), output };
}

function failure(failureClass: FailureClass): AttemptOutcome {
  return {
    ok: false,
    failureClass,
    statusCode: null,
    message: `mock: ${failureClass}`,
    output: null,
    outputTruncated: false,
    retryAfterMs: null,
    retryForbidden: false,
    mayHaveBeenSeen: false,
  };
}
