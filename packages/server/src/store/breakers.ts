import type { BreakerState } from "@punctual/contract";
import type { OriginOf } from "./breaker-holds.ts";
import type { Queryable } from "./database.ts";

/** A breaker as every node reads it. */
export type BreakerRow = {
  tenant_id: number;
  origin: number;
  target: string;
  state: BreakerState;
  forced: "open" | "closed" | null;
  epoch: number;
  /** From now, by the database's clock; negative when it is past, null when none is due. */
  probe_in_ms: number | null;
  probe_every_ms: number | null;
  healed_for_ms: number | null;
};

/** A breaker that closed stays in everybody's view for so long: a node with an older view may have held runs after that. */
const closedForMs = 120_000;
const idleForMs = 3_600_000;
const forgetAfterMs = 24 * 3_600_000;

/** Every breaker that is not closed, is forced, or was closed a moment ago: the common state that nodes act on, read whole about twice a second. */
export async function readBreakers(db: Queryable): Promise<BreakerRow[]> {
  const { rows } = await db.query<Omit<BreakerRow, "epoch"> & { epoch: string }>({
    name: "breakers",
    text: `select tenant_id, origin, target, state, forced, epoch, punctual.ms(probe_at) - punctual.ms(punctual.clock()) as probe_in_ms,
                  probe_every_ms::float8, punctual.ms(punctual.clock()) - punctual.ms(healed_at) as healed_for_ms
           from punctual.breakers
           where state <> 'closed' or forced is not null or changed_at > punctual.clock() - $1 * interval '1 millisecond'`,
    values: [closedForMs],
  });
  return rows.map((row) => ({ ...row, epoch: Number(row.epoch) }));
}

/**
 * Opens a closed breaker, unless a person has forced it or somebody else was quicker. Locks: its row.
 *
 * @returns whether this changed it
 */
export async function openBreaker(
  db: Queryable,
  at: OriginOf & { target: string },
  why: { reason: string; firstProbeMs: number },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into punctual.breakers as b (tenant_id, origin, target, state, reason, opened_at, probe_at, probe_every_ms, changed_at)
     values ($1, $2, $3, 'open', $4, punctual.clock(), punctual.clock() + $5 * interval '1 millisecond', $5, punctual.clock())
     on conflict (tenant_id, origin) do update
     set state = 'open', reason = excluded.reason, opened_at = excluded.opened_at, probe_at = excluded.probe_at, probe_every_ms = excluded.probe_every_ms,
         healed_at = null, changed_at = excluded.changed_at, epoch = b.epoch + 1
     where b.state = 'closed' and b.forced is null`,
    [at.tenantId, at.origin, at.target, why.reason, why.firstProbeMs],
  );
  return rowCount === 1;
}

/** A breaker as a node has read it: it changes only from there. */
export type SeenBreaker = OriginOf & { epoch: number };

/**
 * Takes the right to let one run through. It belongs to the moment, not to a node: when its taker dies, the next one is due as if the probe had failed.
 *
 * @returns whether it was due and nobody else took it
 */
export async function takeProbe(db: Queryable, seen: SeenBreaker, next: { delayMs: number; everyMs: number }): Promise<boolean> {
  const { rowCount } = await db.query(
    `update punctual.breakers set probe_at = punctual.clock() + $4 * interval '1 millisecond', probe_every_ms = $5
     where tenant_id = $1 and origin = $2 and epoch = $3 and state = 'open' and forced is null and probe_at <= punctual.clock()`,
    [seen.tenantId, seen.origin, seen.epoch, next.delayMs, next.everyMs],
  );
  return rowCount === 1;
}

/** A probe succeeded: runs come out at a rising pace from now on. @returns whether this changed it */
export async function healBreaker(db: Queryable, seen: SeenBreaker): Promise<boolean> {
  const { rowCount } = await db.query(
    `update punctual.breakers set state = 'recovering', healed_at = punctual.clock(), changed_at = punctual.clock(), epoch = epoch + 1
     where tenant_id = $1 and origin = $2 and epoch = $3 and state = 'open' and forced is null`,
    [seen.tenantId, seen.origin, seen.epoch],
  );
  return rowCount === 1;
}

/** It fails again while it recovers; probes go on as far apart as they were. @returns whether this changed it */
export async function reopenBreaker(db: Queryable, seen: SeenBreaker, reason: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `update punctual.breakers
     set state = 'open', reason = $4, healed_at = null, probe_at = punctual.clock() + probe_every_ms * interval '1 millisecond', changed_at = punctual.clock(),
         epoch = epoch + 1
     where tenant_id = $1 and origin = $2 and epoch = $3 and state = 'recovering' and forced is null`,
    [seen.tenantId, seen.origin, seen.epoch, reason],
  );
  return rowCount === 1;
}

/** All is well again and nothing is held any more. @returns whether this changed it */
export async function closeBreaker(db: Queryable, seen: SeenBreaker): Promise<boolean> {
  const { rowCount } = await db.query(
    `update punctual.breakers set state = 'closed', reason = null, changed_at = punctual.clock(), epoch = epoch + 1
     where tenant_id = $1 and origin = $2 and epoch = $3 and state = 'recovering' and forced is null`,
    [seen.tenantId, seen.origin, seen.epoch],
  );
  return rowCount === 1;
}

/**
 * Closes breakers that no run has asked to be probed for an hour: the next one goes straight to its target, and ten that fail open it again. Forgets those
 * that were closed for a day.
 */
export async function forgetBreakers(db: Queryable): Promise<void> {
  await db.query(
    `update punctual.breakers set state = 'closed', reason = null, changed_at = punctual.clock(), epoch = epoch + 1
     where state = 'open' and forced is null and probe_at < punctual.clock() - $1 * interval '1 millisecond'`,
    [idleForMs],
  );
  await db.query(
    `delete from punctual.breakers
     where state = 'closed' and forced is null and changed_at < punctual.clock() - $1 * interval '1 millisecond'`,
    [forgetAfterMs],
  );
}
