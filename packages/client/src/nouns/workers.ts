import type { CompleteRequest, CompleteResult, HeartbeatRequest, HeartbeatResult, LeaseRequest, Leases } from "@punctual/contract";
import type { Call } from "../call.ts";

/** The requests of a worker, one by one; `Worker` makes them all. Every function throws PunctualApiError. */
export function createWorkers(call: Call) {
  return {
    /** Waits at the server until there are runs, at most for `wait`. Aborting `signal` leases nothing. */
    lease: (body: LeaseRequest, signal?: AbortSignal): Promise<Leases> => call("leaseRuns", { body, signal }),
    heartbeat: (body: HeartbeatRequest): Promise<HeartbeatResult> => call("heartbeatRuns", { body }),
    /** A single result that came too late is refused with `lease_lost`; in a batch it has the status 409. */
    complete: (body: CompleteRequest): Promise<CompleteResult> => call("completeRuns", { body }),
  };
}
