import type { HoldReason } from "@punctual/contract";
import * as model from "../model/breaker.ts";
import { shardCount } from "../model/ids.ts";
import { originsHeld, parkReady, releaseHeld } from "../store/breaker-holds.ts";
import { closeBreaker, healBreaker, openBreaker, readBreakers, reopenBreaker, takeProbe } from "../store/breakers.ts";
import { type Database, isUnavailable } from "../store/database.ts";
import { notify } from "../store/notify.ts";
import type { Emit } from "../telemetry/events.ts";
import { type BreakerView, isAtFullPace, type KnownBreaker, type Wish } from "./breaker-view.ts";
import { type Loop, retryDelayMs, startLoop } from "./loop.ts";
import type { Membership } from "./membership.ts";
import { monotonicMs } from "./node-clock.ts";
import type { ShardKeeper } from "./shard-keeper.ts";
import type { Slots } from "./slots.ts";

const lookEveryMs = 500;
/** While none is known. Whoever opens one says so; this is for a wake that was lost. */
const quietEveryMs = 2_000;
/** While runs come out: at the full pace, 500 a look. */
const recoveryEveryMs = 100;
/** Ready runs that a look examines to park them, over all shards. */
const parkMost = 5_000;
/** Whether nothing is held any more, in any shard, and whether a closed one left something behind, is asked this often. */
const sweepEveryMs = 2_000;
const sweepNow = Number.NEGATIVE_INFINITY;
const allShards = Array.from({ length: shardCount }, (_, shard) => shard);

export type BreakerLoopOptions = {
  db: Database;
  membership: () => Membership;
  shards: ShardKeeper;
  view: BreakerView;
  slots: Slots;
  emit: Emit;
  /** Runs were let out: they wait for a claim. */
  onReleased: () => void;
};

/** Keeps this node's view of the breakers, writes what it has seen, and parks and lets out the runs of its own shards. */
export function startBreakerLoop(options: BreakerLoopOptions): Loop {
  const { db, membership, shards, view, slots, emit } = options;
  let sweptMs = sweepNow;

  const look = async (): Promise<number> => {
    for (const [key, wish] of view.wishes) await carryOut(key, wish);
    const sentMs = monotonicMs();
    view.replace(await readBreakers(db), (sentMs + monotonicMs()) / 2);
    const all = view.all();
    const owned = shards.owned().map((row) => row.shard);
    if (all.length === 0) return quietEveryMs;
    if (owned.length === 0 || !membership().trusted()) return lookEveryMs;
    const parked = await park(owned, all);
    await probe(owned, all);
    const recovering = all.filter(({ state }) => state === "recovering");
    const idle = await letOut(owned, recovering);
    if (monotonicMs() - sweptMs >= sweepEveryMs) await sweep(owned, idle, all);
    if (parked >= parkMost / 2) return 0;
    return recovering.length > 0 || sweptMs === sweepNow ? recoveryEveryMs : lookEveryMs;
  };

  const carryOut = async (key: number, { to, from, reason }: Wish): Promise<void> => {
    const seen = { ...from, epoch: from.epoch ?? 0 };
    const change =
      to === "recovering"
        ? healBreaker(db, seen)
        : from.state === "recovering"
          ? reopenBreaker(db, seen, reason)
          : openBreaker(db, from, { reason, firstProbeMs: model.firstProbeMs });
    if (await change) tell(from, to, reason);
    view.wishes.delete(key);
  };

  const tell = (of: KnownBreaker, state: KnownBreaker["state"], reason: string | null): void => {
    emit({ type: "breaker_changed", tenantId: of.tenantId, target: of.target, state, reason });
    // A hint: the others read the table twice a second anyway.
    notify(db, { breakers: true }).catch(() => {});
  };

  /** Only of those that let nothing through: what was let out must not be parked again before it is claimed. */
  const park = async (owned: readonly number[], all: readonly KnownBreaker[]): Promise<number> => {
    const shut = all.filter(({ state, grants }) => state === "open" && grants === 0);
    if (shut.length === 0) return 0;
    const parked = await parkReady(db, owned, shut, Math.ceil(parkMost / owned.length));
    if (parked > 0) emit({ type: "runs_held", why: "breaker" satisfies HoldReason, runs: parked });
    return parked;
  };

  /** Whoever has a held run of it may take the right to a probe that is due; exactly one does. */
  const probe = async (owned: readonly number[], all: readonly KnownBreaker[]): Promise<void> => {
    const isDue = ({ state, forced, probeDueMs }: KnownBreaker): boolean =>
      state === "open" && forced === null && probeDueMs !== null && probeDueMs <= monotonicMs();
    for (const breaker of await originsHeld(db, owned, all.filter(isDue))) {
      if (breaker.epoch === null) continue;
      const next = model.spaceProbe(breaker.probeEveryMs, Math.random());
      if (!(await takeProbe(db, { ...breaker, epoch: breaker.epoch }, next))) continue;
      view.grant(breaker, 1 - breaker.grants);
      await release(owned, [{ breaker, runs: 1 }], false);
    }
  };

  /** @returns those of which nothing is held here */
  const letOut = async (owned: readonly number[], recovering: readonly KnownBreaker[]): Promise<KnownBreaker[]> => {
    const share = owned.length / shardCount;
    const wanted = recovering.map((breaker) => ({ breaker, runs: view.takeAllowance(breaker, share, slots.room(breaker.origin)) }));
    const released = await release(owned, wanted, false);
    for (const { breaker, runs } of wanted) view.grant(breaker, runs);
    return recovering.filter((breaker) => !released.has(breaker));
  };

  /** Closes those at their full pace that hold nothing any more in any shard, and lets out what was held behind the back of one that is closed. */
  const sweep = async (owned: readonly number[], idle: readonly KnownBreaker[], all: readonly KnownBreaker[]): Promise<void> => {
    sweptMs = monotonicMs();
    const done = idle.filter(isAtFullPace);
    const held = await originsHeld(db, allShards, done);
    for (const breaker of done) {
      if (held.includes(breaker) || breaker.epoch === null) continue;
      if (await closeBreaker(db, { ...breaker, epoch: breaker.epoch })) tell(breaker, "closed", null);
    }
    const closed = all.filter(({ state }) => state === "closed");
    const wanted = closed.map((breaker) => ({ breaker, runs: view.takeAllowance(breaker, 1, slots.room(breaker.origin)) }));
    if ((await release(owned, wanted, true)).size > 0) sweptMs = sweepNow;
  };

  /** @returns the breakers of which runs were let out */
  const release = async (
    owned: readonly number[],
    wished: readonly { breaker: KnownBreaker; runs: number }[],
    fromPausedQueues: boolean,
  ): Promise<Set<KnownBreaker>> => {
    const wanted = wished.filter(({ runs }) => runs > 0);
    if (wanted.length === 0) return new Set();
    const counts = await releaseHeld(
      db,
      owned,
      wanted.map(({ breaker: { tenantId, origin }, runs }) => ({ tenantId, origin, runs })),
      fromPausedQueues,
    );
    const released = wanted.filter((_, index) => (counts[index] ?? 0) > 0).map(({ breaker }) => breaker);
    if (released.length > 0) options.onReleased();
    return new Set(released);
  };

  return startLoop({
    look,
    failed: (error, failures) => {
      emit({ type: "loop_failed", loop: "breakers", error, databaseAway: isUnavailable(error) });
      return retryDelayMs(failures);
    },
  });
}
