import type { BreakerState, FailureClass, FindingKind, HoldReason, RestoreSign, RunState } from "@punctual/contract";

/**
 * What the rooms report, as data. Wording and levels are in logs.ts, counting in metrics.ts; code elsewhere only says what happened. No event may carry a
 * key, a secret, a payload or a target's answer.
 */
export type Event =
  | { type: "node_registered"; nodeId: number; name: string }
  | { type: "node_stopping"; nodeId: number; running: number }
  | { type: "node_stopped"; nodeId: number }
  | { type: "lease_lost"; nodeId: number; running: number }
  | { type: "lease_given_up"; nodeId: number; silentMs: number }
  | { type: "nodes_buried"; nodeIds: number[] }
  | { type: "shards_changed"; taken: number; released: number; owned: number }
  | { type: "fired"; runs: number; skipped: number; handed: number }
  | {
      type: "attempt_ended";
      runId: string;
      jobId: string;
      tenantId: number;
      attempt: number;
      next: RunState;
      failureClass: FailureClass | null;
      lagMs: number | null;
      durationMs: number;
    }
  /** Its target took it on and completes it later; the end comes with `attempt_ended`. `durationMs` is the request's. */
  | {
      type: "attempt_accepted";
      runId: string;
      jobId: string;
      tenantId: number;
      attempt: number;
      lagMs: number | null;
      durationMs: number;
    }
  | { type: "results_lost"; runIds: string[] }
  | { type: "result_unstorable"; runId: string; error: unknown }
  | { type: "job_unusable"; jobId: string; revision: number; error: unknown }
  | { type: "breaker_changed"; tenantId: number; target: string; state: BreakerState; reason: string | null }
  | { type: "runs_held"; why: HoldReason; runs: number }
  | { type: "runs_orphaned"; runs: number }
  /** `skipped`: could not begin in time; `ended`: their lease was over, or their completion did not come. */
  | { type: "runs_expired"; skipped: number; ended: number }
  | { type: "partitions_changed"; made: string[]; dropped: string[]; kept: number }
  | { type: "dead_letters_counted"; open: number }
  | { type: "finding_changed"; change: "raised" | "cleared"; kind: FindingKind; jobId: string; tenantId: number; detail: string }
  | { type: "findings_counted"; findings: number }
  | { type: "restore_mode"; stopped: boolean; sign: RestoreSign | null; detail: string | null }
  | { type: "job_paused"; jobId: string; tenantId: number; revision: number; reason: string }
  | { type: "listener_lost"; error: unknown }
  | { type: "loop_failed"; loop: string; error: unknown; databaseAway: boolean }
  /** Each second while all is well: the database has answered. */
  | { type: "lease_renewed"; nodeId: number }
  /** Made by outage-log.ts of many `loop_failed`, so that an outage is told in a few lines. `failures` is counted from its begin. */
  | { type: "outage_lasts"; forMs: number; failures: number; loops: string[]; error: unknown }
  | { type: "outage_over"; forMs: number; failures: number }
  | { type: "request_ended"; method: string; route: string; status: number; durationMs: number; requestId: string }
  | { type: "request_failed"; method: string; route: string; requestId: string; error: unknown };

export type Emit = (event: Event) => void;
