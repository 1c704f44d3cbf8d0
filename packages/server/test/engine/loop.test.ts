import { describe, expect, it } from "vitest";
import { retryDelayMs, startLoop } from "../../src/engine/loop.ts";

/** A look that the test ends, one by one. */
function controlled() {
  const looks: { rest(ms: number): void; fail(): void }[] = [];
  const waiting: (() => void)[] = [];
  const look = (): Promise<number> =>
    new Promise((resolve, reject) => {
      looks.push({ rest: resolve, fail: () => reject(new Error("broken")) });
      waiting.shift()?.();
    });
  const next = async () => {
    if (looks.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    return looks.shift() as (typeof looks)[number];
  };
  return { look, next };
}

const longMs = 60_000;

describe("the loop", () => {
  it("looks again at once after a look during which it was woken, however long that look wants to rest", async () => {
    const { look, next } = controlled();
    const loop = startLoop({ look, failed: () => longMs });
    const first = await next();
    loop.wake();
    first.rest(longMs);
    (await next()).rest(longMs);
    await expect(loop.stop()).resolves.toBeUndefined();
  });

  it("is woken from its sleep, as often as it is asked", async () => {
    const { look, next } = controlled();
    const loop = startLoop({ look, failed: () => longMs });
    for (let times = 0; times < 5; times++) {
      (await next()).rest(longMs);
      await new Promise((resolve) => setImmediate(resolve));
      loop.wake();
      loop.wake();
    }
    (await next()).rest(longMs);
    await expect(loop.stop()).resolves.toBeUndefined();
  });

  it("goes on after a failure, counts failures in a row, and forgets them after a success", async () => {
    const { look, next } = controlled();
    const counted: number[] = [];
    const loop = startLoop({ look, failed: (_error, failures) => counted.push(failures) && 0 });
    (await next()).fail();
    (await next()).fail();
    (await next()).rest(0);
    (await next()).fail();
    const last = await next();
    const stopped = loop.stop();
    last.rest(longMs);
    await stopped;
    expect(counted).toEqual([1, 2, 1]);
  });

  it("begins no look once it was told to stop, and resolves when the one under way has ended", async () => {
    const { look, next } = controlled();
    let looks = 0;
    const loop = startLoop({ look: () => (looks++, look()), failed: () => 0 });
    const under = await next();
    let ended = false;
    const stopped = loop.stop().then(() => {
      ended = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toBe(false);
    under.rest(0);
    await stopped;
    loop.wake();
    expect(looks).toBe(1);
  });

  it("tries again within half a second, however long the failures last", () => {
    expect([1, 2, 3, 4, 5, 50, 5_000].map(retryDelayMs)).toEqual([50, 100, 200, 400, 500, 500, 500]);
  });
});
