/** A loop that is under way. */
export type Loop = {
  /** Looks again now; during a look, right after it. */
  wake(): void;
  /** No look begins after this; resolves when the one under way has ended. */
  stop(): Promise<void>;
};

export type LoopOptions = {
  /** One look. Returns how long nothing needs to be looked at, in ms; a wake cuts that short. */
  look: () => Promise<number>;
  /** A look has failed: report it, and say in how many ms to try again. `failures` counts from 1 and starts anew after a success. */
  failed: (error: unknown, failures: number) => number;
};

/**
 * The engine's only loop: look, sleep for as long as the look says, look again. A failure never ends it; whatever broke, a later look finds the same facts
 * in the database.
 */
export function startLoop({ look, failed }: LoopOptions): Loop {
  let stopping = false;
  let woken = false;
  let failures = 0;
  let endSleep: (() => void) | null = null;

  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        endSleep = null;
        resolve();
      };
      const timer = setTimeout(end, ms);
      endSleep = end;
    });

  const run = async (): Promise<void> => {
    while (!stopping) {
      woken = false;
      let restMs: number;
      try {
        restMs = await look();
        failures = 0;
      } catch (error) {
        restMs = failed(error, ++failures);
      }
      if (!stopping && !woken && restMs > 0) await sleep(restMs);
      // A look that always finds work would otherwise starve timers and sockets.
      else await new Promise<void>((resolve) => setImmediate(resolve));
    }
  };
  const ended = run();

  return {
    wake: () => {
      woken = true;
      endSleep?.();
    },
    stop: () => {
      stopping = true;
      endSleep?.();
      return ended;
    },
  };
}

/** 50 ms, 100, 200, 400, then 500: a database that comes back is noticed within half a second. */
export function retryDelayMs(failures: number): number {
  return Math.min(500, 50 * 2 ** (failures - 1));
}
