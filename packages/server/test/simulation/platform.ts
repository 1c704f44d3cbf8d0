import { syncBuiltinESMExports } from "node:module";
import timersPromises from "node:timers/promises";

/** What the code of one simulated node sees of its machine. */
export type Machine = {
  /** @returns what cancels it */
  timer(ms: number, run: () => void): () => void;
  monotonicMs(): number;
  wallMs(): number;
  random(): number;
};

export type Platform = {
  /** Runs code of a node, and everything that follows from it without waiting for anything. */
  as(machine: Machine, run: () => void | Promise<void>): Promise<void>;
  /** Executes something of the database at this time of its clock (epoch ms). */
  atDatabaseTime<T>(epochMs: number, run: () => Promise<T>): Promise<T>;
  /** Gives the process its own back. */
  restore(): void;
};

/**
 * Replaces clocks, timers and chance of this process, for the code that runs as a node and for PGlite, whose clock is `Date.now`; everything else in the process
 * goes on with the real ones.
 *
 * Not a parameter of the engine: one of its sixteen files that forgot it would bring real time back without anybody noticing, and nothing that ships
 * should have a switch for tests. Which node is acting need not be handed down either: one happening is carried out at a time, and the next one comes only
 * when the promises of the last one have come to rest.
 */
export function replacePlatform(): Platform {
  let acting: Machine | null = null;
  let databaseMs: number | null = null;
  const real = {
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    setImmediate: globalThis.setImmediate,
    bigint: process.hrtime.bigint,
    now: performance.now,
    dateNow: Date.now,
    random: Math.random,
    sleep: timersPromises.setTimeout,
  };
  const atRest = (): Promise<void> => new Promise((resolve) => real.setImmediate(resolve));

  const timerOf = (machine: Machine, run: () => void, ms: number): NodeJS.Timeout => {
    const timer = { cancel: machine.timer(ms, run), unref: () => timer, ref: () => timer, hasRef: () => true };
    return timer as unknown as NodeJS.Timeout;
  };
  const setTimer = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): NodeJS.Timeout =>
    acting ? timerOf(acting, () => run(...args), ms) : real.setTimeout(run, ms, ...args);
  const clearTimer = (timer: unknown): void => {
    const { cancel } = (timer ?? {}) as { cancel?: () => void };
    if (cancel) cancel();
    else real.clearTimeout(timer as NodeJS.Timeout);
  };
  const setSoon = (run: (...args: unknown[]) => void, ...args: unknown[]): unknown =>
    acting ? timerOf(acting, () => run(...args), 0) : real.setImmediate(run, ...args);
  const sleep = (ms?: number, value?: unknown, options?: object): Promise<unknown> => {
    const machine = acting;
    return machine ? new Promise((resolve) => machine.timer(ms ?? 0, () => resolve(value))) : real.sleep(ms, value, options);
  };

  Object.assign(globalThis, { setTimeout: setTimer, clearTimeout: clearTimer, setImmediate: setSoon });
  Object.assign(timersPromises, { setTimeout: sleep });
  // So that `import { setTimeout } from "node:timers/promises"` sees it.
  syncBuiltinESMExports();
  process.hrtime.bigint = () => (acting ? BigInt(Math.round(acting.monotonicMs() * 1_000)) * 1_000n : real.bigint());
  performance.now = () => (acting ? acting.monotonicMs() : real.now.call(performance));
  Date.now = () => databaseMs ?? acting?.wallMs() ?? real.dateNow();
  Math.random = () => (acting ? acting.random() : real.random());

  return {
    async as(machine, run) {
      acting = machine;
      try {
        // Not awaited: what it waits for is itself a happening.
        Promise.resolve(run()).catch(() => {});
        await atRest();
      } finally {
        acting = null;
      }
    },
    async atDatabaseTime(epochMs, run) {
      databaseMs = epochMs;
      try {
        return await run();
      } finally {
        databaseMs = null;
      }
    },
    restore() {
      Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout, setImmediate: real.setImmediate });
      Object.assign(timersPromises, { setTimeout: real.sleep });
      syncBuiltinESMExports();
      process.hrtime.bigint = real.bigint;
      performance.now = real.now;
      Date.now = real.dateNow;
      Math.random = real.random;
    },
  };
}
