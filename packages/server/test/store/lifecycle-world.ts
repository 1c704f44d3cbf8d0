import { randomBytes } from "node:crypto";
import type { RunState } from "@punctual/contract";
import fc from "fast-check";
import { expect } from "vitest";
import { manualRunId, occurrenceRunId } from "../../src/model/ids.ts";
import { isTerminal, runTransitions } from "../../src/model/run-states.ts";
import { cancelRuns } from "../../src/store/cancelling.ts";
import { claimReady, readOrphans, settle, wakeWaiting } from "../../src/store/dispatching.ts";
import { fire } from "../../src/store/firing.ts";
import { buryItself } from "../../src/store/nodes.ts";
import { retryEndedRun } from "../../src/store/retrying.ts";
import { insertManualRun } from "../../src/store/runs.ts";
import { type AddedJob, at, cursorAt, minuteMs, moveOf, placement, resultOf, runOf, type Store, startMs } from "./fixture.ts";

/**
 * Random events from all sides on a few runs: the engine fires, claims, settles and wakes, users trigger, cancel and retry, nodes die and are rescued,
 * results come late or twice. After each event the rows must be ones that the transition table allows from the rows before, and in the end, when faults
 * have stopped, every run that was ever accepted has ended.
 */
const allShards = Array.from({ length: 256 }, (_, shard) => shard);
const everything = { perShard: 100, total: 1_000 };

export type Event =
  | { type: "fire"; as: "running" | "ready" | "skipped" | "waiting" }
  | { type: "trigger" }
  | { type: "claim"; node: 0 | 1 }
  | { type: "settle"; pick: number; next: "succeeded" | "dead" | "waiting" | "ready" | "held"; wrongly: boolean }
  | { type: "cancel"; pick: number }
  | { type: "cancel_all" }
  | { type: "retry"; pick: number }
  | { type: "wake" }
  | { type: "pass"; ms: number }
  | { type: "die"; node: 0 | 1 }
  | { type: "rescue" };

const picks = fc.nat({ max: 20 });
const nodes = fc.constantFrom(0 as const, 1 as const);
export const events: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant("fire" as const), as: fc.constantFrom("running", "ready", "skipped", "waiting") }),
  },
  { weight: 2, arbitrary: fc.constant({ type: "trigger" } as const) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("claim" as const), node: nodes }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("settle" as const),
      pick: picks,
      next: fc.constantFrom("succeeded", "dead", "waiting", "ready", "held"),
      wrongly: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("cancel" as const), pick: picks }) },
  { weight: 1, arbitrary: fc.constant({ type: "cancel_all" } as const) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("retry" as const), pick: picks }) },
  { weight: 2, arbitrary: fc.constant({ type: "wake" } as const) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("pass" as const), ms: fc.constantFrom(1, 5_000, 61_000) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("die" as const), node: nodes }) },
  { weight: 2, arbitrary: fc.constant({ type: "rescue" } as const) },
);

type Row = {
  run_id: string;
  state: RunState;
  attempt: number;
  live: boolean;
  holder: string | null;
  due_ms: number | null;
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

  private constructor(job: AddedJob, nodeIds: number[]) {
    this.job = job;
    this.nodeIds = nodeIds;
  }

  static async begin(given: Store): Promise<World> {
    store = given;
    await store.rows("truncate punctual.live_runs, punctual.finished_runs, punctual.attempts, punctual.nodes");
    await store.database.freezeClock(startMs);
    return new World(await store.addJob(), [await store.addNode(), await store.addNode()]);
  }

  async happen(event: Event): Promise<void> {
    await this.carryOut(event);
    await this.check(event);
  }

  private async carryOut(event: Event): Promise<void> {
    const rows = [...this.before.values()];
    switch (event.type) {
      case "fire":
        return this.fire(event.as);
      case "trigger": {
        const runId = manualRunId(this.job.jobId, this.nowMs, randomBytes(8).toString("hex"));
        const manual = { runId, jobId: this.job.jobId, revision: 1, placement, expiresMs: null, payload: null, rerunOf: null };
        await insertManualRun(store.db, store.tenantId, manual, this.nowMs);
        this.accepted.add(runId);
        return;
      }
      case "claim":
        await claimReady(store.db, this.node(event.node), allShards, everything, []);
        return;
      case "settle":
        return this.settle(rows, event);
      case "cancel":
        if (rows.length > 0) await cancelRuns(store.db, store.tenantId, { runId: at(rows, event.pick % rows.length).run_id }, wish);
        return;
      case "cancel_all":
        await cancelRuns(store.db, store.tenantId, { jobId: this.job.jobId }, wish);
        return;
      case "retry":
        if (rows.length > 0) await retryEndedRun(store.db, store.tenantId, at(rows, event.pick % rows.length).run_id, placement);
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
    const [cursor] = await store.rows<{ ms: number }>("select punctual.ms(next_at) as ms from punctual.cursors where job_id = $1", [
      this.job.jobId,
    ]);
    const nominalMs = cursor?.ms ?? 0;
    const run = runOf(this.job, { nominalMs, state: as, held: as === "waiting" ? "breaker" : null });
    const move = moveOf(this.job, { nextMs: nominalMs, next: cursorAt(nominalMs + minuteMs) });
    await fire(store.db, this.node(0), [move], [run]);
    const [after] = await store.rows<{ ms: number }>("select punctual.ms(next_at) as ms from punctual.cursors where job_id = $1", [
      this.job.jobId,
    ]);
    if (after?.ms !== nominalMs) this.accepted.add(occurrenceRunId(this.job.jobId, nominalMs));
  }

  /** A result of a run under way; wrongly: of somebody who does not hold it, or of another attempt. */
  private async settle(rows: readonly Row[], event: Extract<Event, { type: "settle" }>): Promise<void> {
    const running = rows.filter((row) => row.state === "running");
    if (running.length === 0) return;
    const run = at(running, event.pick % running.length);
    const holder = Number(run.holder) + (event.wrongly && event.pick % 2 === 0 ? 1_000 : 0);
    const attempt = run.attempt + (event.wrongly && event.pick % 2 === 1 ? 1 : 0);
    const unbegun = event.next === "ready" || event.next === "held";
    const next = event.next === "held" ? "waiting" : event.next;
    const result = resultOf(run.run_id, holder, { attempt, next, delayMs: 3_000, held: event.next === "held" ? "breaker" : null });
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
      if (row.state === "running") expect(row.holder_known, "its holder lives, or is buried and its runs are looked for").toBe(true);
      expect(row.attempts, "every attempt that ended is recorded, and none that was not begun is counted").toBe(
        row.attempt - (row.state === "running" ? 1 : 0),
      );
    }
    this.before = after;
  }

  private async read(): Promise<Map<string, Row>> {
    const rows = await store.rows<Row>(
      `select r.*, (select count(*)::int from punctual.all_attempts a where a.run_id = r.run_id and not a.late) as attempts,
              exists (select from punctual.nodes n where n.node_id = r.holder) as holder_known
       from (
         select run_id, state, attempt, true as live, holder, punctual.ms(due_at) as due_ms from punctual.live_runs
         union all
         select run_id, state, attempt, false, null, null from punctual.finished_runs) r`,
    );
    expect(new Set(rows.map((row) => row.run_id)).size, "no run lies in two places").toBe(rows.length);
    return new Map(rows.map((row) => [row.run_id, row]));
  }

  /** Faults stop: time passes, runs are woken, claimed and succeed. @returns what is still live then: nothing must be */
  async settleDown(): Promise<Row[]> {
    for (let round = 0; round < 4; round++) {
      await this.happen({ type: "rescue" });
      await this.happen({ type: "pass", ms: 61_000 });
      await this.happen({ type: "wake" });
      await this.happen({ type: "claim", node: 0 });
      for (const row of [...this.before.values()].filter(({ state, holder }) => state === "running" && Number(holder) === this.node(0))) {
        const ended = await settle(store.db, [resultOf(row.run_id, this.node(0), { attempt: row.attempt })]);
        expect(ended.size).toBe(1);
      }
      await this.check({ type: "rescue" });
      await this.happen({ type: "die", node: 1 });
    }
    return [...this.before.values()].filter((row) => row.live);
  }
}

const wish = { reason: "cancelled by request", by: "a person" };
const born = new Set<string>(["ready", "running", "waiting", "skipped"]);
