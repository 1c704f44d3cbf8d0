// Recurring schedules of the peers: all of them are due at the full minute, and it is told how late each started.

/** In BENCH_SCHEDULES. */
export const schedules = Number(process.env.BENCH_SCHEDULES ?? 10_000);

/** Takes lags in ms of the first full minute; resolves when every schedule has started, and then has told them on standard output. */
export function createLags() {
  const counts = new Map();
  let minute = null;
  let started = 0;
  let ended = () => {};
  const end = new Promise((resolve) => {
    ended = resolve;
  });
  return {
    end,
    add(nominalMs) {
      minute ??= nominalMs;
      if (nominalMs !== minute) return;
      const lagMs = Date.now() - nominalMs;
      counts.set(lagMs, (counts.get(lagMs) ?? 0) + 1);
      started++;
      if (started < schedules) return;
      console.log(`lags ${JSON.stringify([...counts])}`);
      ended();
    },
  };
}

/** Set up just before a full minute, some schedules would have it and some the next: waits until there is time enough. */
export async function awayFromTheMinute(neededMs) {
  const restMs = 60_000 - (Date.now() % 60_000);
  if (restMs < neededMs) await new Promise((resolve) => setTimeout(resolve, restMs + 1_000));
}
