import type pg from "pg";

/** An instant: ISO 8601 text or milliseconds since the epoch. */
export type Instant = string | number;

/** Moves the one clock of a database. Every connection sees the change with its next statement. */
export interface TestClock {
  /** The clock reads `at` now and runs on from there. */
  setClock(at: Instant): Promise<void>;
  /** Moves the clock forward (or back, when negative), running or frozen as it was. */
  moveClock(ms: number): Promise<void>;
  /** The clock stands still at `at`. */
  freezeClock(at: Instant): Promise<void>;
  /** The clock is the server's again. */
  resetClock(): Promise<void>;
}

/**
 * Replaces the body of `punctual.clock()`. The body stays one expression without a sub-select: only so is it inlined and used as an index condition, and the
 * tests run the plans that production runs.
 */
export function createTestClock(pool: pg.Pool): TestClock {
  let offsetMs = 0;
  let frozenAtMs: number | undefined;

  async function apply(): Promise<void> {
    const expression =
      frozenAtMs === undefined
        ? `statement_timestamp() + interval '${offsetMs} milliseconds'`
        : `timestamptz '${new Date(frozenAtMs).toISOString()}'`;
    await replaceClock(pool, expression);
  }

  return {
    async setClock(at) {
      frozenAtMs = undefined;
      offsetMs = toEpochMs(at) - (await serverTimeMs(pool));
      await apply();
    },
    async moveClock(ms) {
      if (frozenAtMs === undefined) offsetMs += ms;
      else frozenAtMs += ms;
      await apply();
    },
    async freezeClock(at) {
      frozenAtMs = toEpochMs(at);
      await apply();
    },
    async resetClock() {
      frozenAtMs = undefined;
      offsetMs = 0;
      await replaceClock(pool, "statement_timestamp()");
    },
  };
}

async function replaceClock(pool: pg.Pool, expression: string): Promise<void> {
  await pool.query(
    `create or replace function punctual.clock() returns timestamptz language sql stable parallel safe as $body$ select ${expression} $body$`,
  );
}

async function serverTimeMs(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ ms: string }>("select extract(epoch from statement_timestamp()) * 1000 as ms");
  return Number(rows[0]?.ms);
}

function toEpochMs(at: Instant): number {
  const ms = typeof at === "number" ? at : Date.parse(at);
  if (Number.isNaN(ms)) throw new TypeError(`expected an ISO 8601 instant or milliseconds, got: ${at}`);
  return ms;
}
