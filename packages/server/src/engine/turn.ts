import { monotonicMs } from "./node-clock.ts";

/** Long enough that few turns are cut, short enough that whoever waits for his does not notice. */
const turnMs = 4;

/** What takes long, cut into turns, so that whatever has come in meanwhile (an answer, a request, a run that is just due) need not wait for all of it. */
export type Turn = {
  isOver(): boolean;
  /** Lets the others have theirs. */
  next(): Promise<void>;
};

export function startTurn(): Turn {
  let sinceMs = monotonicMs();
  return {
    isOver: () => monotonicMs() - sinceMs >= turnMs,
    next: async () => {
      await new Promise<void>((resolve) => setImmediate(resolve));
      sinceMs = monotonicMs();
    },
  };
}
