import { batchShare, firstPace, type HerdPace, learnQuiet, nextPace, restAfter } from "../model/herd-pace.ts";
import { monotonicMs } from "./node-clock.ts";

/** How hard this node works off what is more than a look can take; whoever does such work asks before it and after it. */
export type Pace = {
  /** Those who look for newcomers have asked, it took so long from when they were to ask, and so many were there. */
  felt(tookMs: number, found: number): void;
  /** A question of the same kind took so long, and nothing was due. */
  calm(tookMs: number): void;
  /** A herd is under way; nothing when it was known. Without one everything goes at full strength. */
  begin(): void;
  /** The herd is through. */
  end(): void;
  /** How many to take at once, of so many at full strength. */
  batch(most: number): number;
  /** How long to rest after having been busy for so long. */
  restMs(busyMs: number): number;
};

export function createPace(): Pace {
  let pace = noHerd(firstPace);
  let isHerd = false;
  let feltAtMs = monotonicMs();
  return {
    felt(tookMs, found) {
      const nowMs = monotonicMs();
      pace = nextPace(pace, { tookMs, found, sinceMs: nowMs - feltAtMs });
      feltAtMs = nowMs;
    },
    calm: (tookMs) => {
      pace = learnQuiet(pace, tookMs);
    },
    begin: () => {
      if (isHerd) return;
      isHerd = true;
      pace = { ...firstPace, quietMs: pace.quietMs };
    },
    end: () => {
      isHerd = false;
      pace = noHerd(pace);
    },
    batch: (most) => Math.ceil(most * batchShare(pace)),
    restMs: (busyMs) => restAfter(pace, busyMs),
  };
}

const noHerd = (pace: HerdPace): HerdPace => ({ ...pace, share: 1, newcomers: 0 });
