/**
 * What happened, as the parts outside Punctual saw it: facts for the checker. All times are epoch milliseconds of this machine's clock, which the database, the
 * nodes and the receiver share because they all run on it; on several machines the comparison of times below would need their clocks' error first.
 */
export type History = {
  jobs: readonly JobFact[];
  /** What reached the receiver. */
  arrivals: readonly ArrivalFact[];
  /** What the API tells about every run whose nominal time is not later than `endMs`. */
  runs: readonly RunFact[];
  /** Everything due until this time had to arrive. */
  endMs: number;
  /** Every node was gone by then; what arrived between the end and this time is allowed but not required. */
  stoppedMs: number;
  /** When faults were under way and shortly after: the lag is shown apart for what became due inside. */
  windows: readonly Window[];
};

/** Both ends belong to it. */
export type Window = { fromMs: number; toMs: number };

export type ScheduleFact = { cron: string; timezone: string } | { everyMs: number; anchorMs: number } | { runAtMs: number };

/** A job, or one revision of a job: several facts with one `jobId` follow each other. */
export type JobFact = {
  jobId: string;
  name: string;
  /** Where it comes from, for people: `corpus line 12`. */
  source: string;
  schedule: ScheduleFact;
  /** The request that made it was sent, and its answer received: between the two, nobody outside knows whether the job existed. */
  sentMs: number;
  acknowledgedMs: number;
  /** The request that ended it (by an edit, a pause, a deletion) was sent, and answered: occurrences between the two may be or not. Undefined while it holds. */
  endSentMs?: number;
  endAcknowledgedMs?: number;
  /** What its author wants of occurrences that were missed; undefined where nothing was away for longer than the job's window. */
  missed?: MissedFact;
  /** What the API said about its first occurrence; undefined where nobody asked. */
  nextRunAtMs?: number | null;
};

export type MissedFact = {
  /** What runs of those older than the window: the latest, all, or none. The others must be recorded as skipped. */
  policy: "latest" | "all" | "skip";
  windowMs: number;
  /** When nodes came back; until the end of all, an occurrence's age may have been taken. */
  resumedFromMs: number;
};

/** One request at the receiver; one line of its ledger. */
export type ArrivalFact = {
  webhookId: string;
  jobId: string;
  jobName: string;
  attempt: number;
  nominalMs: number;
  receivedMs: number;
  signatureValid: boolean;
};

export type RunFact = {
  runId: string;
  jobId: string;
  nominalMs: number;
  kind: string;
  status: string;
  reason: string | null;
  /** Only of runs that needed more than one attempt; empty for the others. */
  attempts: readonly AttemptFact[];
};

export type AttemptFact = { attempt: number; outcome: string; failureClass: string | null };

/** The identity of an occurrence: a job and a nominal time. */
export function occurrenceKey(jobId: string, nominalMs: number): string {
  return `${jobId}@${nominalMs}`;
}
