import type { TerminalRunState, workerOutcomes } from "@punctual/contract";
import type { Beat, Extended } from "../../store/leasing.ts";
import type { NewLogLine } from "../../store/run-logs.ts";

/** What a worker asks for. Queues by name, with the keys they are stored under. */
export type LeaseWish = {
  tenantId: number;
  worker: string;
  queues: readonly { name: string; shard: number; queue: number }[];
  most: number;
  waitMs: number;
  leaseMs: number;
  /** Aborts when the client has gone: nothing is leased to nobody. */
  gone: AbortSignal | null;
};

/** A run that is a worker's now; times in epoch ms of the database. */
export type GrantedLease = {
  runId: string;
  holder: number;
  attempt: number;
  jobId: string;
  jobName: string | null;
  queue: string;
  nominalMs: number;
  /** JSON text, or null. */
  payload: string | null;
  leasedMs: number;
  /** When it is lost without a beat. */
  untilMs: number;
  endsMs: number;
};

/** How a run came out, as whoever did it says; texts are harmless and cut to their length. */
export type ToldOutcome = {
  outcome: (typeof workerOutcomes)[number];
  output: string | null;
  outputTruncated: boolean;
  error: string | null;
  retryable: boolean;
  retryAfterMs: number | null;
};
export type LeaseResult = ToldOutcome & {
  runId: string;
  holder: number;
  attempt: number;
  leasedMs: number;
  worker: string;
  lines: readonly NewLogLine[];
};
/** What a run is after its attempt. */
export type AfterCompletion = TerminalRunState | "waiting";

/** What commands ask of the engine for those who do runs themselves: it knows plans, and is told when runs become ready. */
export type WorkerDesk = {
  /**
   * Leases runs of the first queues that have some, at once or as soon as there are some within the wait.
   *
   * @returns none when the wait is over, the client has gone or the node stops
   * @throws PunctualError workers_too_many
   */
  lease(wish: LeaseWish): Promise<GrantedLease[]>;
  /** Stores log lines and extends leases. @returns by run; those that are missing are lost */
  beat(beats: readonly (Beat & { lines: readonly NewLogLine[] })[]): Promise<Map<string, Extended>>;
  /** Stores log lines and settles. @returns what became of each run by its id; one that is missing was lost, and nothing was changed */
  complete(results: readonly LeaseResult[]): Promise<Map<string, AfterCompletion>>;
  /** Completes an accepted webhook. @returns null when the attempt is over or its time is */
  completeAccepted(runId: string, grant: { attempt: number; expiresMs: number }, told: ToldOutcome): Promise<AfterCompletion | null>;
};
