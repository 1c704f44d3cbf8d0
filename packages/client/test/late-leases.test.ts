import type { CompleteRequest, LeasedRun } from "@punctual/contract";
import { eventually } from "@punctual/testkit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Client, type RunAbortedError, Worker } from "../src/index.ts";

const leaseMs = 30_000;
let passedMs = 0;
beforeEach(() => {
  passedMs = 0;
  const now = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => now() + passedMs);
});
afterEach(() => vi.restoreAllMocks());

const run = { runId: "r", leaseToken: "t", nominalAt: "2027-01-01T00:00:00Z", endsAt: "2027-01-02T00:00:00Z", payload: null } as LeasedRun;

/** A worker whose one run comes `lateMs` after it asked for it; each beat is answered with what `beaten` says. */
function startLate(lateMs: number, beaten: () => "ok" | "lost" | "cancel", handler: (signal: AbortSignal) => unknown = () => {}) {
  let isLeased = false;
  const told: string[] = [];
  const stopped = (signal: AbortSignal): Promise<never> =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(new Error("stopped")));
    });
  const workers = {
    lease: async (_: unknown, signal: AbortSignal) => {
      if (isLeased) return stopped(signal);
      isLeased = true;
      passedMs += lateMs;
      return { leases: [run] };
    },
    heartbeat: async () => {
      told.push("beat");
      return { runs: [{ runId: run.runId, status: beaten() }] };
    },
    complete: async ({ results }: CompleteRequest) => {
      told.push(...results.map(({ outcome }) => outcome));
      return { runs: [] };
    },
  };
  const client = { workers } as unknown as Pick<Client, "workers">;
  const worker = new Worker({
    ...{ client, queue: "q", leaseMs, drainMs: 0 },
    handler: ({ signal }) => {
      told.push("begun");
      return handler(signal);
    },
  });
  worker.start();
  return { worker, told };
}
const notSent = (): never => {
  throw new Error("no answer");
};

test("a lease counts from when it was asked for: without a beat it is over a lease after that, however late the answer came", async () => {
  let whenAborted: (error: RunAbortedError) => void = () => {};
  const aborted = new Promise<RunAbortedError>((resolve) => {
    whenAborted = resolve;
  });
  const fail = (): never => {
    passedMs = leaseMs;
    return notSent();
  };
  const { worker, told } = startLate(leaseMs / 3, fail, (signal) => {
    signal.addEventListener("abort", () => whenAborted(signal.reason as RunAbortedError));
    return aborted;
  });
  expect((await aborted).why).toBe("lease_lost");
  await worker.stop();
  expect(told).toEqual(["begun", "beat"]);
});

test.each([
  ["begins when it still is this worker's", leaseMs, () => "ok" as const, ["beat", "begun", "succeeded"]],
  ["is left when it is another's", leaseMs, () => "lost" as const, ["beat"]],
  ["is left when that cannot be told any more", leaseMs, notSent, ["beat"]],
  ["begins when that cannot be told, and it is this worker's for a while yet", 0.6 * leaseMs, notSent, ["beat", "begun", "succeeded"]],
  ["is told to be cancelled when that was asked for meanwhile", leaseMs, () => "cancel" as const, ["beat", "cancelled"]],
  ["begins at once when half of its lease is left", 0.4 * leaseMs, () => "ok" as const, ["begun", "succeeded"]],
])("a run whose lease comes late %s", async (_promise, lateMs, beaten, expected) => {
  const { worker, told } = startLate(lateMs, beaten);
  await eventually(() => told.length > 0 && worker.running === 0);
  await worker.stop();
  expect(told).toEqual(expected);
});
