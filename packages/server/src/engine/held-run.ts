/** A run that this node holds, in the attempt it is to make now. Its slot is taken already. */
export type HeldRun = {
  shard: number;
  runId: string;
  jobId: string;
  revision: number;
  nominalMs: number;
  attempt: number;
  /** Since when the run's deadline counts, by the database's clock: its first attempt's start, or a retry by hand. Null when this attempt is the first. */
  deadlineFromMs: number | null;
  holder: number;
  /** Since when it is held, by the database's clock; null before the database has said so. */
  heldMs: number | null;
  /** JSON text instead of the job's payload, or null. */
  payload: string | null;
};
