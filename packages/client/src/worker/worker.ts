import { hostname } from "node:os";
import type { ClientOptions } from "../call.ts";
import { type Client, createClient } from "../client.ts";
import { backoffMs, pause } from "./backoff.ts";
import { beat, beatEveryMs, tellAll } from "./beats.ts";
import { type Completions, createCompletions } from "./completions.ts";
import { type HeldRun, holdRun, type WorkerRun } from "./held-run.ts";
import { failed, type Result, succeeded } from "./outcome.ts";

export type WorkerOptions = (ClientOptions | { client: Pick<Client, "workers"> }) & {
  /** The queue whose runs it does, or several: earlier ones are emptied first. */
  queue: string | readonly string[];
  /**
   * Does a run. When it resolves the run has succeeded; a text it returns, or any other value as JSON, is kept as output. When it rejects the run's retry
   * policy applies, unless it rejects with NonRetryableError or RetryLaterError. It may be called again for a run it has done, when the answer was lost.
   */
  handler(run: WorkerRun): unknown;
  /** Runs at once; never more. Default 10. */
  concurrency?: number;
  /** What people see beside the runs. Default: host and process id. */
  name?: string;
  /** How long a run stays this worker's without a beat. Too short and a pause of the process loses its runs; too long and a crash is noticed late. 5,000 to 600,000, default 30,000. */
  leaseMs?: number;
  /** How long `stop` lets runs finish before it aborts them. Default 30,000. */
  drainMs?: number;
  /** Hears of requests that failed, which are tried again. Default: nobody. */
  onError?(error: unknown): void;
};

const waitText = "20s";
const leaseMost = 100;
/** How long aborted handlers may take to end. */
const abortGraceMs = 2_000;

/**
 * Leases runs of a queue and does them, until it is stopped. It survives a server that restarts, beats for what it holds, and aborts what is cancelled or lost.
 *
 * ```ts
 * const worker = new Worker({ baseUrl, apiKey, queue: "reports", handler: async (run) => report(run.payload, run.signal) });
 * worker.start();
 * process.once("SIGTERM", () => worker.stop());
 * ```
 */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #workers: Client["workers"];
  readonly #name: string;
  readonly #leaseMs: number;
  readonly #concurrency: number;
  readonly #onError: (error: unknown) => void;
  readonly #held = new Map<string, HeldRun>();
  /** Aborts when no more runs are to be leased. */
  readonly #stopping = new AbortController();
  readonly #telling: { workers: Client["workers"]; name: string; leaseMs: number };
  readonly #completions: Completions;
  #freed: () => void = () => {};
  #loops: Promise<unknown> | null = null;
  #stopped: Promise<void> | null = null;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#workers = "client" in options ? options.client.workers : createClient(options).workers;
    this.#name = options.name ?? `${hostname()}:${process.pid}`;
    this.#leaseMs = options.leaseMs ?? 30_000;
    this.#concurrency = options.concurrency ?? 10;
    this.#onError = options.onError ?? (() => {});
    this.#telling = { workers: this.#workers, name: this.#name, leaseMs: this.#leaseMs };
    this.#completions = createCompletions(this.#workers, this.#name, (held) => tellAll(held, this.#telling), this.#onError);
    if (!(this.#concurrency >= 1)) throw new TypeError("concurrency must be 1 or more");
  }

  /** How many runs it is doing. */
  get running(): number {
    return this.#held.size;
  }

  /** Begins to lease. Once; a worker that was stopped stays so. */
  start(): void {
    if (this.#loops || this.#stopped) throw new TypeError("this worker was started or stopped already");
    this.#loops = this.#leaseLoop();
    this.#beatLoop();
  }

  /** Leases nothing more and resolves when the runs it does are done; those that are not after `drainMs` are aborted and fail, to be tried again elsewhere. */
  stop(): Promise<void> {
    this.#stopped ??= this.#drain();
    return this.#stopped;
  }

  async #leaseLoop(): Promise<void> {
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; ) {
      const free = this.#concurrency - this.#held.size;
      if (free <= 0) {
        await new Promise<void>((resolve) => {
          this.#freed = resolve;
        });
        continue;
      }
      try {
        await this.#leaseSome(Math.min(free, leaseMost), signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        this.#onError(error);
        await pause(backoffMs(error, ++failures), signal);
      }
    }
  }

  async #leaseSome(batch: number, signal: AbortSignal): Promise<void> {
    const { queue } = this.#options;
    const queues = typeof queue === "string" ? [queue] : [...queue];
    const askedMs = performance.now();
    const { leases } = await this.#workers.lease(
      { worker: this.#name, queues, batch, wait: waitText, lease: `${this.#leaseMs}ms` },
      signal,
    );
    // Counted from the ask, as for beats: how much of the time the runs were waited for, and how much their answer was on its way, cannot be told from here.
    const held = leases.map((lease) => holdRun(lease, askedMs + this.#leaseMs));
    for (const each of held) this.#held.set(each.lease.leaseToken, each);
    // With little of it left one beat that fails would end them, and with nothing left they may be another's already: asked about before they begin.
    if (performance.now() > askedMs + this.#leaseMs / 2) await this.#beat(held);
    for (const each of held) this.#carryOut(each).catch(this.#onError);
  }

  async #carryOut(held: HeldRun): Promise<void> {
    const result = await this.#resultOf(held);
    if (held.aborted() !== "lease_lost" && this.#held.has(held.lease.leaseToken)) await this.#completions.send(held, result);
    this.#release(held);
  }

  async #resultOf(held: HeldRun): Promise<Result> {
    try {
      held.run.signal.throwIfAborted();
      return succeeded(held, await this.#options.handler(held.run));
    } catch (error) {
      return failed(held, error);
    }
  }

  #release(held: HeldRun): void {
    this.#held.delete(held.lease.leaseToken);
    this.#freed();
  }

  #beatLoop(): void {
    const look = async (): Promise<void> => {
      await this.#beat([...this.#held.values()].filter((held) => held.aborted() !== "lease_lost"));
      this.#beatLoop();
    };
    const timer = setTimeout(() => {
      if (!this.#stopping.signal.aborted || this.#held.size > 0) look().catch(this.#onError);
    }, beatEveryMs);
    // Alone it is no reason for the process to live: the request that waits for runs is.
    timer.unref();
  }

  #beat(held: readonly HeldRun[]): Promise<void> {
    return beat(held, { ...this.#telling, onError: this.#onError });
  }

  async #drain(): Promise<void> {
    this.#stopping.abort();
    this.#freed();
    await this.#loops;
    await this.#emptied(this.#options.drainMs ?? 30_000);
    for (const held of this.#held.values()) held.abort("stopped", "the worker stopped before the run was done");
    await this.#emptied(abortGraceMs);
    // Handlers that do not listen to their signal: their runs are told to have failed, and what they still return is dropped.
    const deaf = [...this.#held.values()];
    this.#held.clear();
    await Promise.all(deaf.map((held) => this.#completions.send(held, failed(held, held.run.signal.reason))));
  }

  /** Resolves when nothing is held any more, or the time is over. */
  async #emptied(ms: number): Promise<void> {
    const endMs = performance.now() + ms;
    while (this.#held.size > 0 && performance.now() < endMs) {
      const enough = new AbortController();
      this.#freed = () => enough.abort();
      await pause(Math.max(1, endMs - performance.now()), enough.signal);
    }
  }
}
