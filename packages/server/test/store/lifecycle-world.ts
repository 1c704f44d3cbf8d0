import { randomBytes } from "node:crypto";
import type { RunState } from "@punctual/contract";
import { expect } from "vitest";
import { manualRunId, occurrenceRunId } from "../../src/model/ids.ts";
import { isTerminal, runTransitions } from "../../src/model/run-states.ts";
import { cancelRuns } from "../../src/store/cancelling.ts";
import { discardRuns } from "../../src/store/dead-letters.ts";
import { claimReady, readOrphans, settle, wakeWaiting } from "../../src/store/dispatching.ts";
import { fire } from "../../src/store/firing.ts";
import { buryItself } from "../../src/store/nodes.ts";
import { replayRuns, retryEndedRun } from "../../src/store/retrying.ts";
import { insertManualRun } from "../../src/store/runs.ts";
import { type AddedJob, at, cursorAt, minuteMs, moveOf, placement, resultOf, runOf, type Store, startMs } from "./fixture.ts";
import type { Event } from "./lifecycle-events.ts";
import { backlog, expectConcurrency, Lanes, nextOf } from "./lifecycle-lanes.ts";

/**
 * Random events from all sides on a few runs: the engine fires, claims, settles and wakes, workers lease, targets accept, users trigger, cancel, retry, replay,
 * discard and backfill, nodes die and are rescued, leases end, results come late or twice. After each event the rows must be ones that the transition table allows from the rows before, and in the end, when faults
 * have stopped, every run that was ever accepted has ended.
 */
const allShards = Array.from({ length: 256 }, (_, shard) => shard);
const everything = { perShard: 100, total: 1_000 };

type Row = {
  run_id: string;
  state: RunState;
  attempt: number;
  live: boolean;
  holder: string | null;
  due_ms: number | null;
  expires_ms: number | null;
  queue: string | null;
  pulled: boolean;
  holder_known: boolean;
  attempts: number;
};

/** Of the property under way; there is only ever one. */
let store: Store;

/** One run of the property: a job of its own, two nodes that may die and come back, and all run ids that were ever accepted. */
export class World {
  readonly accepted = new Set<string>();
  private before = new Map<string, Row>();
  private nowMs = startMs;
  private readonly job: AddedJob;
  private readonly nodeIds: number[];
  private readonly lanes: Lanes;

  private constructor(job: AddedJob, nodeIds: number[], lanes: Lanes) {
    this.job = job;
    this.nodeIds = nodeIds;
    this.lanes = lanes;
  }

  static async begin(given: Store): Promise<World> {
    store = given;
    await store.rows("truncate punctual.live_runs, punctual.finished_runs, punctual.attempts, punctual.nodes");
    await store.database.freezeClock(startMs);
    return new World(await store.addJob(backlog), [await store.addNode(), await store.addNode()], await Lanes.begin(store));
  }

  async happen(event: Event): Promise<void> {
    await this.carryOut(event);
    await this.check(event);
  }

  private async carryOut(event: Event): Promise<void> {
    const rows = [...this.before.values()];
    const picked = "pick" in event && rows.length > 0 ? at(rows, event.pick % rows.length).run_id : null;
    switch (event.type) {
      case "fire":
        return this.fire(event.as);
      case "fire_into_queue":
        return this.accept(await this.lanes.fireIntoQueue(this.node(0), event.pulled, event.expires));
      case "fire_unless_busy":
        return this.accept(await this.lanes.fireUnlessBusy(this.node(0), event.overlap));
      case "claim_queue":
        return this.lanes.claimQueue(this.node(event.node));
      case "lease":
        return this.lanes.lease();
      case "accept":
        return this.takeOn(rows, event);
      case "expire":
        return this.lanes.expire();
      case "backfill":
        return this.lanes.backfill(this.job);
      case "release":
        return this.lanes.release();
      case "trigger": {
        const runId = manualRunId(this.job.jobId, this.nowMs, randomBytes(8).toString("hex"));
        const manual = { runId, jobId: this.job.jobId, revision: 1, placement, expiresMs: null, payload: null, rerunOf: null };
        await insertManualRun(store.db, store.tenantId, manual, this.nowMs);
        return this.accept(runId);
      }
      case "claim":
        await claimReady(store.db, this.node(event.node), allShards, everything, []);
        return;
      case "settle":
        return this.settle(rows, event);
      case "cancel":
        if (picked !== null) await cancelRuns(store.db, store.tenantId, { runId: picked }, wish);
        return;
      case "cancel_all":
        await cancelRuns(store.db, store.tenantId, { jobId: this.job.jobId }, wish);
        return;
      case "retry":
        if (picked !== null) await retryEndedRun(store.db, store.tenantId, picked, this.lanes.placeOf(picked));
        return;
      case "replay":
        if (picked === null) return;
        await replayRuns(store.db, store.tenantId, [{ runId: picked, placement: this.lanes.placeOf(picked), beginMs: this.nowMs + 5_000 }]);
        return;
      case "discard":
        if (picked !== null) await discardRuns(store.db, store.tenantId, [picked], { why: "seen to", by: "a person" });
        return;
      case "wake":
        await wakeWaiting(store.db, allShards, 100);
        return;
      case "pass":
        this.nowMs += event.ms;
        await store.database.freezeClock(this.nowMs);
        return;
      case "die":
        await buryItself(store.db, this.node(event.node));
        this.nodeIds[event.node] = await store.addNode();
        return;
      case "rescue":
        for (const run of await readOrphans(store.db, allShards, 100)) {
          const lost = { ...resultOf(run.run_id, run.holder, { attempt: run.attempt, next: "waiting", delayMs: 2_000 }) };
          await settle(store.db, [lost]);
        }
    }
  }

  /** The job's next occurrence, a minute after the last, by the first node. */
  private async fire(as: "running" | "ready" | "skipped" | "waiting"): Promise<void> {
    const nominalMs = await nextOf(store, this.job);
    const run = runOf(this.job, { nominalMs, state: as, held: as === "waiting" ? "breaker" : null });
    const move = moveOf(this.job, { nextMs: nominalMs, next: cursorAt(nominalMs + minuteMs) });
    await fire(store.db, this.node(0), [move], [run]);
    if ((await nextOf(store, this.job)) !== nominalMs) this.accept(occurrenceRunId(this.job.jobId, nominalMs));
  }

  private accept(runId: string | null): void {
    if (runId !== null) this.accepted.add(runId);
  }

  /** The target of a run that a node carries out takes it on; wrongly: of another attempt, or after another node got it. */
  private async takeOn(rows: readonly Row[], { pick, wrongly }: Extract<Event, { type: "accept" }>): Promise<void> {
    const sent = rows.filter((row) => row.state === "running" && Number(row.holder) > 0);
    if (sent.length === 0) return;
    const run = at(sent, pick % sent.length);
    const wrong = wrongly ? (pick % 2 === 0 ? { attempt: run.attempt + 1 } : { holder: Number(run.holder) + 1_000 }) : {};
    const result = resultOf(run.run_id, Number(run.holder), {
      attempt: run.attempt,
      next: "running",
      endsInMs: 30_000,
      evidence: null,
      ...wrong,
    });
    const kept = await settle(store.db, [result]);
    expect(kept.size, "only a run that its node holds is accepted").toBe(wrongly ? 0 : 1);
  }

  /** A result of a run under way; wrongly: of somebody who does not hold it, or of another attempt. */
  private async settle(rows: readonly Row[], event: Extract<Event, { type: "settle" }>): Promise<void> {
    const running = rows.filter((row) => row.state === "running");
    if (running.length === 0) return;
    const run = at(running, event.pick % running.length);
    const holder = Number(run.holder) + (event.wrongly && event.pick % 2 === 0 ? 1_000 : 0);
    const attempt = run.attempt + (event.wrongly && event.pick % 2 === 1 ? 1 : 0);
    // What a target has taken on was begun.
    const isTakenOn = Number(run.holder) < 0 && !run.pulled;
    const wished = isTakenOn && (event.next === "ready" || event.next === "held") ? "waiting" : event.next;
    const unbegun = wished === "ready" || wished === "held";
    const next = wished === "held" ? "waiting" : wished;
    const result = resultOf(run.run_id, holder, { attempt, next, delayMs: 3_000, held: wished === "held" ? "breaker" : null });
    const kept = await settle(store.db, [{ ...result, evidence: unbegun ? null : result.evidence }]);
    expect(kept.size, "who does not hold a run changes nothing").toBe(event.wrongly ? 0 : 1);
  }

  private node(index: 0 | 1): number {
    return at(this.nodeIds, index);
  }

  /** Every run is in one place, in a state that one event can lead to from the one before, and something will look at it again. */
  private async check(event: Event): Promise<void> {
    const after = await this.read();
    expect([...after.keys()].sort(), "accepted is live or ended, and nothing else is").toEqual([...this.accepted].sort());
    for (const [runId, row] of after) {
      const from = this.before.get(runId);
      const reachable = from === undefined ? born : new Set<string>([from.state, ...Object.values(runTransitions[from.state])]);
      expect([...reachable], `${event.type}: ${from?.state} to ${row.state}`).toContain(row.state);
      expect(row.live, `${row.state} lies where its state says`).toBe(!isTerminal(row.state));
      if (from !== undefined && isTerminal(from.state) && row.state === from.state) expect(row).toEqual(from);
      if (row.live) expect(row.due_ms, "something looks at it again").toBeLessThanOrEqual(this.nowMs + minuteMs);
      if (row.state === "running" && Number(row.holder) > 0)
        expect(row.holder_known, "its holder lives, or is buried and its runs are looked for").toBe(true);
      if (row.state === "running" && Number(row.holder) < 0)
        expect(row.expires_ms, "it ends by itself").toBeLessThanOrEqual(this.nowMs + minuteMs);
      expect(row.attempts, "every attempt that ended is recorded, and none that was not begun is counted").toBe(
        row.attempt - (row.state === "running" ? 1 : 0),
      );
    }
    expectConcurrency([...after.values()]);
    this.before = after;
  }

  private async read(): Promise<Map<string, Row>> {
    const rows = await store.rows<Row>(
      `select r.*, (select count(*)::int from punctual.all_attempts a where a.run_id = r.run_id and not a.late) as attempts,
              exists (select from punctual.nodes n where n.node_id = r.holder) as holder_known
       from (
         select run_id, state, attempt, true as live, holder, punctual.ms(due_at) as due_ms, punctual.ms(expires_at) as expires_ms, queue, pulled
         from punctual.live_runs
         union all
         select run_id, state, attempt, false, null, null, null, queue, false from punctual.finished_runs) r`,
    );
    expect(new Set(rows.map((row) => row.run_id)).size, "no run lies in two places").toBe(rows.length);
    return new Map(rows.map((row) => [row.run_id, row]));
  }

  /** Faults stop: time passes, runs are woken, released, claimed and leased, and succeed. @returns what is still live then: nothing must be */
  async settleDown(): Promise<Row[]> {
    // Fresh leases, for as long as this takes.
    for (const node of [0, 1] as const) await this.happen({ type: "die", node });
    for (let round = 0; round < 40; round++) {
      for (const type of ["rescue", "expire", "wake", "release", "backfill", "lease"] as const) await this.happen({ type });
      await this.happen({ type: "claim", node: 0 });
      await this.happen({ type: "claim_queue", node: 0 });
      for (const row of [...this.before.values()].filter(({ state }) => state === "running")) {
        const result = resultOf(row.run_id, Number(row.holder), { attempt: row.attempt });
        if (Number(row.holder) < 0 || Number(row.holder) === this.node(0)) expect((await settle(store.db, [result])).size).toBe(1);
      }
      await this.happen({ type: "pass", ms: 61_000 });
      if ([...this.before.values()].every((row) => !row.live)) return [];
    }
    return [...this.before.values()].filter((row) => row.live);
  }
}

const wish = { reason: "cancelled by request", by: "a person" };
const born = new Set<string>(["ready", "running", "waiting", "skipped"]);
