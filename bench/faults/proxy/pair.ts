import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { type Counts, holdsAnswers, holdsRequests, type Setting } from "./modes.ts";

export type Pair = {
  /** Lets what was held through, or holds, as the setting now says. */
  adapt(): void;
  /** Resets both ends. */
  tear(): void;
};

export type PairPlan = {
  setting: () => Setting;
  counts: Counts;
  /** Hears what the node sends before it is passed on or held; may change the setting. */
  sees(sent: Buffer): void;
};

/** One connection: the node's end and the database's. Bytes keep their order in every mode, and an end that closes is told to the other when the way is open. */
export function joinPair(near: Socket, far: Socket, { setting, counts, sees }: PairPlan): Pair {
  near.on("data", sees);
  const ways = [
    createWay(near, far, () => holdsRequests(setting()), setting, counts),
    createWay(far, near, () => holdsAnswers(setting()), setting, counts),
  ];
  return {
    adapt: () => ways.forEach((way) => way.adapt()),
    tear() {
      counts.torn++;
      near.resetAndDestroy();
      far.resetAndDestroy();
    },
  };
}

function createWay(from: Socket, to: Socket, isHeld: () => boolean, setting: () => Setting, counts: Counts): { adapt(): void } {
  const held: Buffer[] = [];
  let isOver = false;
  /** The last chunk's way; the next one goes after it, so that a delay never turns the order around. */
  let last: Promise<void> = Promise.resolve();

  const send = (chunk: Buffer): void => {
    const { mode, delayMs } = setting();
    if (mode === "slow") counts.slowedChunks++;
    const waitMs = mode === "slow" ? delayMs * (0.5 + Math.random()) : 0;
    const due = performance.now() + waitMs;
    last = last.then(async () => {
      const leftMs = due - performance.now();
      if (leftMs > 0) await delay(leftMs);
      if (!to.destroyed) to.write(chunk);
    });
  };
  const close = (): void => {
    last = last.then(() => void to.destroy());
  };
  from.on("data", (chunk) => {
    if (!isHeld()) return send(chunk);
    counts.heldChunks++;
    held.push(chunk);
  });
  from.on("error", () => from.destroy());
  from.on("close", () => {
    isOver = true;
    if (!isHeld()) close();
  });
  return {
    adapt() {
      if (isHeld()) return;
      for (const chunk of held.splice(0)) send(chunk);
      if (isOver) close();
    },
  };
}
