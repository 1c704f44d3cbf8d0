import type { LeasedRun, LogLevel, LogLine } from "@punctual/contract";
import { type AbortCause, RunAbortedError } from "./errors.ts";

/** A run in the hands of a handler. */
export type WorkerRun = {
  /** The same for every attempt: remember it, in the transaction of the effect itself, to make the effect once. */
  readonly runId: string;
  readonly idempotencyKey: string;
  readonly jobId: string;
  readonly jobName: string | null;
  readonly queue: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** When the run was due. */
  readonly nominalTime: Date;
  readonly payload: unknown;
  /** The run's maximum time; the lease is extended by itself until then. */
  readonly endsAt: Date;
  /** W3C trace context of this attempt. */
  readonly traceparent: string;
  /** Aborts with a RunAbortedError when the run is cancelled, lost, or the worker stops. Hand it on to whatever can be aborted. */
  readonly signal: AbortSignal;
  /** A line of the run's log; sent with the next beat. Lines longer than 8 KiB are cut. */
  log(message: string, level?: LogLevel): void;
  /** How far it is, 0 to 100, and what it is at; the last one told is shown. */
  progress(percent: number, message?: string): void;
};

/** What is kept of a line, in characters; the server counts bytes. More need not be sent. */
const lineChars = 8 * 1024 + 1;
const linesAtOnce = 500;
/** Of lines a request may carry, far below the 2 MiB that the server takes. */
const charsAtOnce = 128 * 1024;
/** Lines that wait for a server that is away; a run keeps no more than this anyway. */
const linesMost = 10_000;

/** The worker's side of a run it holds. */
export type HeldRun = {
  readonly lease: LeasedRun;
  readonly run: WorkerRun;
  /** When the lease ends if no beat extends it any more, by this process's monotonic clock. */
  leaseEndsMs: number;
  /** Why its signal was aborted, or null. */
  aborted(): AbortCause | null;
  abort(why: AbortCause, message: string): void;
  /** Whether there is anything to tell. */
  hasNews(): boolean;
  /** What there is to tell with the next beat; given back with `untold` when that fails. */
  news(): News;
  untold(news: News): void;
};
export type News = { progress?: number; message?: string; logs?: LogLine[] };

export function holdRun(lease: LeasedRun, leaseEndsMs: number): HeldRun {
  const controller = new AbortController();
  let lines: LogLine[] = [];
  let progress: Pick<News, "progress" | "message"> = {};
  const run: WorkerRun = {
    runId: lease.runId,
    idempotencyKey: lease.idempotencyKey,
    jobId: lease.jobId,
    jobName: lease.jobName,
    queue: lease.queue,
    attempt: lease.attempt,
    payload: lease.payload,
    traceparent: lease.traceparent,
    signal: controller.signal,
    nominalTime: new Date(lease.nominalAt),
    endsAt: new Date(lease.endsAt),
    log: (message, level = "info") => {
      if (lines.length < linesMost) lines.push({ at: new Date().toISOString(), level, message: String(message).slice(0, lineChars) });
    },
    progress: (percent, message) => {
      // A number that is out of range would be refused together with the beat that keeps the lease.
      const within = Math.min(100, Math.max(0, Math.round(percent)));
      progress = { progress: Number.isNaN(within) ? 0 : within, ...(message !== undefined && { message: printable(message) }) };
    },
  };
  return {
    lease,
    run,
    leaseEndsMs,
    aborted: () => (controller.signal.aborted ? (controller.signal.reason as RunAbortedError).why : null),
    abort: (why, message) => controller.abort(new RunAbortedError(why, message)),
    hasNews: () => lines.length > 0 || progress.progress !== undefined,
    news() {
      let chars = 0;
      const count = lines.findIndex((line, index) => index === linesAtOnce || (chars += line.message.length) > charsAtOnce);
      const logs = lines.splice(0, count === -1 ? lines.length : Math.max(1, count));
      const news = { ...progress, ...(logs.length > 0 && { logs }) };
      progress = {};
      return news;
    },
    untold({ logs = [], ...told }) {
      lines = [...logs, ...lines];
      // What was told since is newer.
      progress = { ...told, ...progress };
    },
  };
}

/** The wire takes no control characters in a progress message, and 500 characters. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, " ").slice(0, 500);
}
