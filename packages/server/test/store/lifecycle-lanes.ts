import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { occurrenceRunId } from "../../src/model/ids.ts";
import type { Placement } from "../../src/model/placement.ts";
import { advanceBackfill, insertBackfill, readRunningBackfills } from "../../src/store/backfills.ts";
import { settle } from "../../src/store/dispatching.ts";
import { readExpiredLeases, skipUnstarted } from "../../src/store/expiring.ts";
import { fire, fireUnlessBusy } from "../../src/store/firing.ts";
import { releaseHeld } from "../../src/store/overlap.ts";
import { claimFromQueue } from "../../src/store/queue-claims.ts";
import { type AddedJob, cursorAt, minuteMs, moveOf, placement, resultOf, runOf, type Store, startMs } from "./fixture.ts";

/** How many runs of each of the property's queues may run at once. */
const laneConcurrency = 2;
const leaseMs = 5_000;
/** Jobs begin with occurrences to fire, so that stories are about runs and not about the time until there are some. */
export const backlog = { nextMs: startMs - 20 * minuteMs };
const startTimeoutMs = 4_000;
const attemptsMost = 3;
const allShards = Array.from({ length: 256 }, (_, shard) => shard);

/** The ways of the property's runs besides a plain job's: a queue for nodes, one for workers, a job whose runs must not overlap, a backfill, and what ends by itself. */
export class Lanes {
  private holders = 0;
  private readonly pulled = new Set<string>();
  private readonly store: Store;
  private readonly jobs: { queued: AddedJob; pulled: AddedJob; guarded: AddedJob };

  private constructor(store: Store, jobs: Lanes["jobs"]) {
    this.store = store;
    this.jobs = jobs;
  }

  static async begin(store: Store): Promise<Lanes> {
    await store.rows("truncate punctual.queues, punctual.backfills");
    const jobs = { queued: await store.addJob(backlog), pulled: await store.addJob(backlog), guarded: await store.addJob(backlog) };
    for (const { shard } of [jobs.queued, jobs.pulled]) {
      await store.rows(
        `insert into punctual.queues (shard, queue, tenant_id, name, concurrency, created_at, updated_at)
         values ($1, $2, 1, $3, $4, now(), now()) on conflict do nothing`,
        [shard, shard, `lane ${shard}`, laneConcurrency],
      );
    }
    return new Lanes(store, jobs);
  }

  /** @returns the id of the run, or null when the job's next occurrence is not due */
  async fireIntoQueue(nodeId: number, pulled: boolean, expires: boolean): Promise<string | null> {
    const job = pulled ? this.jobs.pulled : this.jobs.queued;
    const nominalMs = await nextOf(this.store, job);
    const place: Placement = { ...placement, queue: job.shard, pulled };
    const { now } = await this.now();
    const run = runOf(job, { nominalMs, state: "ready", placement: place, expiresMs: expires ? now + startTimeoutMs : null });
    const { live } = await fire(this.store.db, nodeId, [moveOf(job, { nextMs: nominalMs, next: cursorAt(nominalMs + minuteMs) })], [run]);
    if (pulled) this.pulled.add(run.runId);
    return live.has(run.runId) ? run.runId : null;
  }

  /** Where a run goes that is made live again: as its job's definition says. */
  placeOf(runId: string): Placement {
    return { ...placement, pulled: this.pulled.has(runId) };
  }

  /** @returns the id of the run, or null when the job's next occurrence is not due */
  async fireUnlessBusy(nodeId: number, overlap: "skip" | "queue" | "cancel_previous"): Promise<string | null> {
    const job = this.jobs.guarded;
    const nominalMs = await nextOf(this.store, job);
    const next = cursorAt(nominalMs + minuteMs);
    const move = { ...moveOf(job, { nextMs: nominalMs, next }), overlap, nextIfSkipped: next };
    const run = runOf(job, { nominalMs, state: "ready" });
    const { became } = await fireUnlessBusy(this.store.db, nodeId, [move], [run]);
    const state = became.get(run.runId);
    const others = await this.liveBefore(nominalMs);
    if (state !== undefined) expect(state === "ready", "it runs exactly when nothing else of its job is live").toBe(others === 0);
    return state === undefined ? null : run.runId;
  }

  /** The oldest held run goes on, and only if nothing else of its job is live. */
  async release(): Promise<void> {
    const { shard, jobId } = this.jobs.guarded;
    const busy = await this.store.rows("select from punctual.live_runs where job_id = $1 and held is distinct from 'overlap'", [jobId]);
    const released = await releaseHeld(this.store.db, [{ shard, jobId }]);
    if (busy.length > 0) expect(released, "nothing is released beside a live run").toBe(0);
  }

  async claimQueue(nodeId: number): Promise<void> {
    await claimFromQueue(this.store.db, { holder: nodeId, nodeId, leaveOrigins: [] }, laneOf(this.jobs.queued), 5);
  }

  async lease(): Promise<void> {
    const holder = -1_000_000 - ++this.holders;
    await claimFromQueue(this.store.db, { holder, worker: "w", leaseMs }, laneOf(this.jobs.pulled), 5);
  }

  /** As the expiry loop: what could not begin is skipped, leases that are over and completions that did not come are settled. */
  async expire(): Promise<void> {
    await skipUnstarted(this.store.db, allShards, 100);
    for (const run of await readExpiredLeases(this.store.db, allShards, 100)) {
      const next = run.attempt < attemptsMost ? "waiting" : "dead";
      const kept = await settle(this.store.db, [resultOf(run.run_id, run.holder, { attempt: run.attempt, next, delayMs: 2_000 })]);
      expect(kept.size, "what has expired is held by nobody else").toBe(1);
    }
  }

  /** Begins a backfill of everything that `job` has fired, or takes the one under way on by a page. */
  async backfill(job: AddedJob): Promise<void> {
    const [running] = await readRunningBackfills(this.store.db, [job.shard]);
    if (!running) {
      const range = { fromMs: job.nextMs, toMs: await nextOf(this.store, job) };
      const backfillId = occurrenceRunId(job.jobId, this.holders++);
      const more = { revision: 1, concurrency: laneConcurrency, priority: 0, total: 0, createdBy: randomUUID() };
      if (range.fromMs < range.toMs)
        await insertBackfill(this.store.db, this.store.tenantId, { backfillId, jobId: job.jobId, ...range, ...more });
      return;
    }
    const { next_ms: fromMs, to_ms: toMs } = running;
    const nextMs = Math.min(toMs, fromMs + 3 * minuteMs);
    const occurrences = Array.from({ length: Math.ceil((nextMs - fromMs) / minuteMs) }, (_, index) => fromMs + index * minuteMs);
    const page = { occurrences: occurrences.map((nominalMs) => ({ runId: occurrenceRunId(job.jobId, nominalMs), nominalMs })), nextMs };
    await advanceBackfill(this.store.db, running, page, placement);
  }

  private async liveBefore(nominalMs: number): Promise<number> {
    const rows = await this.store.rows("select from punctual.live_runs where job_id = $1 and nominal_at < punctual.at($2)", [
      this.jobs.guarded.jobId,
      nominalMs,
    ]);
    return rows.length;
  }

  private async now(): Promise<{ now: number }> {
    const [row] = await this.store.rows<{ now: number }>("select punctual.ms(punctual.clock()) as now");
    return row ?? { now: Number.NaN };
  }
}

const laneOf = ({ shard }: AddedJob) => ({ shard, queue: shard });

/** The nominal time of a job's next occurrence. */
export async function nextOf(store: Store, { jobId }: AddedJob): Promise<number> {
  const [cursor] = await store.rows<{ ms: number }>("select punctual.ms(next_at) as ms from punctual.cursors where job_id = $1", [jobId]);
  return cursor?.ms ?? 0;
}

/** Every queue holds its limit, whoever has claimed from it. */
export function expectConcurrency(rows: readonly { state: string; queue: string | null }[]): void {
  const running = new Map<string, number>();
  for (const { state, queue } of rows) if (state === "running" && queue !== null) running.set(queue, (running.get(queue) ?? 0) + 1);
  for (const [queue, count] of running) expect(count, `queue ${queue} holds its concurrency`).toBeLessThanOrEqual(laneConcurrency);
}
