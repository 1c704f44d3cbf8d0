import { type DatabaseNow, type GuardOptions, type HighWater, type Remembered, signOfRestore } from "../model/restore-signs.ts";
import { type Database, isUnavailable } from "../store/database.ts";
import { type OpenRestore, raiseHighWater, readHighWater } from "../store/high-water.ts";
import { beginRestore } from "../store/restores.ts";
import type { Emit } from "../telemetry/events.ts";
import { type Loop, startLoop } from "./loop.ts";
import { monotonicMs } from "./node-clock.ts";

const lookEveryMs = 1_000;
const retryMs = 500;
/** A mark that is younger need not be raised: another node has just done it. */
const freshMs = 900;
/**
 * Nothing begins when the last look was longer ago: whoever comes back to the database looks first whether it is the one that it left. A restore takes longer
 * than this, and an outage that is shorter needs no look.
 */
const trustedMs = 10_000;

export type RestoreGuard = {
  /** Whether runs may be fired and begun: the database is as it was left, and firing is not stopped. */
  mayBegin(): boolean;
  /** Whether the database's clock has run since the last look as this node's did; when it has not, the guard looks at once. */
  isOnCourse(nowMs: number): boolean;
  /** Why firing is stopped; null when it is not. */
  stoppedBecause(): string | null;
  stop(): Promise<void>;
};

/**
 * Notices that the data were taken back to an earlier state, or that the database's clock has jumped, and stops firing on every node until a person has decided
 * what becomes of what lies between. See docs/decisions/0010-restore-mode.md for what can be told and what cannot.
 */
export function startRestoreGuard(options: GuardOptions & { db: Database; emit: Emit; onResumed: () => void }): RestoreGuard {
  const { db, emit } = options;
  let remembered: Remembered | null = null;
  let restore: OpenRestore | null = null;
  let lookedMs = Number.NEGATIVE_INFINITY;

  const look = async (): Promise<number> => {
    const sentMs = monotonicMs();
    const found = await readHighWater(db);
    if (found === null) return retryMs;
    const { mark, now } = found;
    const open = found.restore ?? (await noticed(mark, now));
    settle(open);
    lookedMs = sentMs;
    if (open !== null) {
      // What this node remembers is of before; when a person has decided, it begins anew.
      remembered = null;
      return lookEveryMs;
    }
    if (mark === null || Math.abs(now.nowMs - mark.markedMs) > freshMs || mark.isCopied) await raiseHighWater(db, mark?.seq ?? null, now);
    remembered = { seq: mark?.seq ?? 0, nowMs: now.nowMs, monotonicMs: sentMs, wallMs: Date.now() };
    return lookEveryMs;
  };

  const noticed = async (mark: HighWater | null, now: DatabaseNow): Promise<OpenRestore | null> => {
    const sign = signOfRestore(mark, now, remembered, { monotonicMs: monotonicMs(), wallMs: Date.now() }, options);
    if (sign === null) return null;
    return beginRestore(db, { ...sign, dataUntilMs: mark?.markedMs ?? null });
  };

  const settle = (open: OpenRestore | null): void => {
    if (open?.restoreId === restore?.restoreId) return;
    const resumed = open === null;
    restore = open;
    emit({ type: "restore_mode", stopped: !resumed, sign: open?.sign ?? null, detail: open?.detail ?? null });
    if (resumed) options.onResumed();
  };

  const loop: Loop = startLoop({
    look,
    failed: (error) => {
      emit({ type: "loop_failed", loop: "restore guard", error, databaseAway: isUnavailable(error) });
      return retryMs;
    },
  });
  return {
    mayBegin: () => restore === null && monotonicMs() - lookedMs < trustedMs,
    isOnCourse: (nowMs) => {
      const last = remembered;
      if (last === null) return false;
      const offMs = Math.abs(nowMs - last.nowMs - (monotonicMs() - last.monotonicMs));
      if (offMs > options.clockJumpMs) loop.wake();
      return offMs <= options.clockJumpMs;
    },
    stoppedBecause: () => restore?.detail ?? null,
    stop: loop.stop,
  };
}
