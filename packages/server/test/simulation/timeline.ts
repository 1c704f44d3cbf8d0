/** A boot of a node, as the timeline sees it: what a dead one had before it never happens, what a paused one has before it waits. */
export type Life = { readonly name: string; alive: boolean; pausedUntilMs: number };

export type Happening = {
  atMs: number;
  /** Of two at the same time, the one that was asked for first. */
  order: number;
  /** Whose code runs; null for the network, the database and the faults. */
  life: Life | null;
  run: () => void | Promise<void>;
};

export type Timeline = {
  /** Virtual, in ms since the simulation began; jumps from one happening to the next. */
  nowMs(): number;
  /** @returns what cancels it */
  after(ms: number, life: Life | null, run: Happening["run"]): () => void;
  /** Takes out what happens next, and moves the time there; null when nothing does before `endMs`. */
  next(endMs: number): Happening | null;
};

const pauseStepMs = 100;

/** Everything that is to happen, by virtual time: a binary heap. */
export function createTimeline(): Timeline {
  const heap: Happening[] = [];
  const cancelled = new Set<number>();
  let nowMs = 0;
  let orders = 0;

  const isBefore = (a: Happening, b: Happening): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  const itemAt = (index: number): Happening => heap[index] as Happening;
  const swap = (a: number, b: number): void => {
    [heap[a], heap[b]] = [itemAt(b), itemAt(a)];
  };

  const push = (happening: Happening): void => {
    heap.push(happening);
    for (let at = heap.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!isBefore(itemAt(at), itemAt(parent))) return;
      swap(at, parent);
      at = parent;
    }
  };

  const pop = (): Happening => {
    const first = itemAt(0);
    const last = heap.pop() as Happening;
    if (heap.length === 0) return first;
    heap[0] = last;
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < heap.length && isBefore(itemAt(left), itemAt(least))) least = left;
      if (right < heap.length && isBefore(itemAt(right), itemAt(least))) least = right;
      if (least === at) return first;
      swap(at, least);
      at = least;
    }
  };

  return {
    nowMs: () => nowMs,
    after(ms, life, run) {
      const order = orders++;
      push({ atMs: nowMs + Math.max(0, ms), order, life, run });
      return () => void cancelled.add(order);
    },
    next(endMs) {
      while (heap.length > 0 && itemAt(0).atMs <= endMs) {
        const first = pop();
        if (cancelled.delete(first.order) || first.life?.alive === false) continue;
        // Its timers and answers wait, in their order, for the process to go on.
        if (first.life !== null && first.life.pausedUntilMs > first.atMs) {
          // In short steps, as the pause may be ended sooner.
          push({ ...first, atMs: Math.min(first.life.pausedUntilMs, first.atMs + pauseStepMs) });
          continue;
        }
        nowMs = Math.max(nowMs, first.atMs);
        return first;
      }
      nowMs = Math.max(nowMs, endMs);
      return null;
    },
  };
}
