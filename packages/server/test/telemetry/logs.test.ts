import { PunctualError } from "@punctual/contract";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import type { Event } from "../../src/telemetry/events.ts";
import { createLogs } from "../../src/telemetry/logs.ts";

const error = Object.assign(new Error("null value violates not-null constraint"), {
  code: "23502",
  detail: "Failing row contains (the payload).",
  where: "JSON data, line 1: the answer",
});

/** One event of every type; the mapped type demands that none is missing. */
const examples: { [T in Event["type"]]: Extract<Event, { type: T }> } = {
  node_registered: { type: "node_registered", nodeId: 1, name: "a" },
  node_stopping: { type: "node_stopping", nodeId: 1, running: 2 },
  node_stopped: { type: "node_stopped", nodeId: 1 },
  lease_lost: { type: "lease_lost", nodeId: 1, running: 2 },
  lease_given_up: { type: "lease_given_up", nodeId: 1, silentMs: 4_100 },
  nodes_buried: { type: "nodes_buried", nodeIds: [2, 3] },
  shards_changed: { type: "shards_changed", taken: 1, released: 2, owned: 3 },
  fired: { type: "fired", runs: 1, skipped: 2, handed: 1 },
  attempt_ended: {
    type: "attempt_ended",
    runId: "r",
    jobId: "j",
    tenantId: 1,
    attempt: 1,
    next: "succeeded",
    failureClass: null,
    lagMs: 12,
    durationMs: 3,
  },
  attempt_accepted: { type: "attempt_accepted", runId: "r", jobId: "j", tenantId: 1, attempt: 1, lagMs: 12, durationMs: 3 },
  results_lost: { type: "results_lost", runIds: ["r"] },
  result_unstorable: { type: "result_unstorable", runId: "r", error },
  job_unusable: { type: "job_unusable", jobId: "j", revision: 1, error },
  runs_expired: { type: "runs_expired", skipped: 1, ended: 2 },
  breaker_changed: { type: "breaker_changed", tenantId: 1, target: "https://example.com", state: "open", reason: "all failed" },
  runs_held: { type: "runs_held", why: "breaker", runs: 3 },
  runs_orphaned: { type: "runs_orphaned", runs: 1 },
  partitions_changed: { type: "partitions_changed", made: ["p"], dropped: [], kept: 0 },
  dead_letters_counted: { type: "dead_letters_counted", open: 3 },
  finding_changed: {
    type: "finding_changed",
    change: "raised",
    kind: "cursor_overdue",
    jobId: "j",
    tenantId: 1,
    detail: "it stands still",
  },
  restore_mode: { type: "restore_mode", stopped: true, sign: "copied", detail: "The data end yesterday." },
  findings_counted: { type: "findings_counted", findings: 1 },
  job_paused: { type: "job_paused", jobId: "j", tenantId: 1, revision: 2, reason: "2 runs in a row are dead." },
  listener_lost: { type: "listener_lost", error },
  loop_failed: { type: "loop_failed", loop: "fire", error, databaseAway: true },
  lease_renewed: { type: "lease_renewed", nodeId: 1 },
  outage_lasts: { type: "outage_lasts", forMs: 5_000, failures: 170, loops: ["fire", "claim"], error },
  outage_over: { type: "outage_over", forMs: 61_000, failures: 2_000 },
  request_ended: { type: "request_ended", method: "GET", route: "/v1/jobs", status: 200, durationMs: 1, requestId: "q" },
  request_failed: { type: "request_failed", method: "GET", route: "/v1/jobs", requestId: "q", error },
};

function linesOf(...events: Event[]): Record<string, unknown>[] {
  const lines: string[] = [];
  const emit = createLogs(pino({ level: "debug", base: null }, { write: (line: string) => void lines.push(line) }));
  for (const event of events) emit(event);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("logs", () => {
  it("have words for every type of event", () => {
    for (const event of Object.values(examples)) {
      const [line] = linesOf(event);
      expect(line?.msg, event.type).toMatch(/^\S.{5,}/);
      expect(line?.msg, event.type).not.toMatch(/undefined|\[object/);
    }
  });

  it("tell name, code and place of an error, but never the row that PostgreSQL quotes", () => {
    for (const event of Object.values(examples).filter((each) => "error" in each)) {
      const [line] = linesOf(event);
      expect(line?.error).toMatchObject({ type: "Error", code: "23502", message: expect.stringContaining("not-null") });
      expect(JSON.stringify(line)).not.toMatch(/the payload|the answer/);
    }
    expect(linesOf({ ...examples.listener_lost, error: "gone" })[0]?.error).toEqual({ message: "gone" });
    expect(linesOf({ ...examples.listener_lost, error: new PunctualError("internal", "why") })[0]?.error).toMatchObject({
      code: "internal",
    });
  });

  it("warn about a database that is away, and call anything else an error", () => {
    expect(linesOf(examples.loop_failed)[0]?.level).toBe(40);
    expect(linesOf({ ...examples.loop_failed, databaseAway: false })[0]?.level).toBe(50);
  });
});
