import type { RestoreSign } from "@punctual/contract";
import { formatDuration } from "@punctual/schedule";

/** The high-water mark that the data bring along. */
export type HighWater = {
  seq: number;
  markedMs: number;
  systemIdentifier: string;
  timeline: number;
  /** The row was not written where it stands: it came with a dump, or by replication. */
  isCopied: boolean;
};

/** The database as it is now. */
export type DatabaseNow = { nowMs: number; systemIdentifier: string; timeline: number };

/** What a node knows by itself from its last look, when all was well: nothing of it travels with the data. */
export type Remembered = { seq: number; nowMs: number; monotonicMs: number; wallMs: number };

export type GuardOptions = {
  /** Without a mark for longer than this, with no node that remembers, firing stops too; null: a mere outage never stops it. */
  gapMs: number | null;
  /** The database's clock may leave its course by this much. */
  clockJumpMs: number;
};

/**
 * What may be lost or repeated without anyone being asked: what an asynchronous standby lacks at its promotion, or a clock that is put right. Marks come about
 * one a second, so that it also bounds how many of them may be missing.
 */
const toleratedMs = 60_000;
const toleratedMarks = toleratedMs / 1_000;

/**
 * Whether the data were taken back to an earlier state, or the database's clock has jumped; null when all is well, or cannot be told from an outage.
 *
 * A node that remembers vouches: when the mark is not behind what it has seen, nothing was lost, whatever server answers now. So a failover never stops firing,
 * and neither does an outage, however long.
 *
 * @param elapsed on the node's own clocks, since `remembered`
 */
export function signOfRestore(
  mark: HighWater | null,
  now: DatabaseNow,
  remembered: Remembered | null,
  here: { monotonicMs: number; wallMs: number },
  options: GuardOptions,
): { sign: RestoreSign; detail: string } | null {
  if (mark === null) return null;
  const gapMs = now.nowMs - mark.markedMs;
  const span = `The data end at ${time(mark.markedMs)}, ${formatDuration(Math.max(0, Math.round(gapMs)))} before the database's clock`;
  if (-gapMs > options.clockJumpMs) {
    const back = formatDuration(Math.round(-gapMs));
    return { sign: "clock_back", detail: `The database's clock stands ${back} before the last mark, ${time(mark.markedMs)}.` };
  }
  if (remembered !== null) {
    const lost = remembered.seq - mark.seq;
    if (lost > toleratedMarks) return { sign: "went_back", detail: `${span}, and this node has seen data newer by about ${lost} s.` };
    const own = Math.max(here.monotonicMs - remembered.monotonicMs, here.wallMs - remembered.wallMs);
    const jumpMs = Math.min(gapMs, now.nowMs - remembered.nowMs - own);
    if (jumpMs > options.clockJumpMs)
      return { sign: "clock_forward", detail: `The database's clock has jumped ahead by ${formatDuration(Math.round(jumpMs))}.` };
    return null;
  }
  if (gapMs <= toleratedMs) return null;
  if (mark.isCopied) return { sign: "copied", detail: `${span}, and were copied into it: from a dump, or by replication.` };
  if (mark.systemIdentifier !== now.systemIdentifier) return { sign: "other_server", detail: `${span}, and another server wrote them.` };
  if (mark.timeline !== now.timeline)
    return { sign: "other_timeline", detail: `${span}, on timeline ${mark.timeline}; now it is ${now.timeline}.` };
  if (options.gapMs !== null && gapMs > options.gapMs) return { sign: "gap", detail: `${span}, and no node remembers what lies between.` };
  return null;
}

const time = (ms: number): string => new Date(ms).toISOString();
