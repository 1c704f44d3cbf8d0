import type { BreakerState } from "@punctual/contract";
import { firstProbeMs } from "../model/breaker.ts";
import { shardCount } from "../model/ids.ts";
import type { OriginOf } from "./breaker-holds.ts";
import type { Queryable } from "./database.ts";

/** A breaker as people see it. */
export type ShownBreaker = {
  origin: number;
  target: string;
  state: BreakerState;
  forced: "open" | "closed" | null;
  forced_by: string | null;
  reason: string | null;
  opened_ms: number | null;
  probe_ms: number | null;
  healed_ms: number | null;
  held_runs: number;
};

const allShards = Array.from({ length: shardCount }, (_, shard) => shard);
const columns = `b.origin, b.target, b.state, b.forced, b.forced_by, b.reason, punctual.ms(b.opened_at) as opened_ms, punctual.ms(b.probe_at) as probe_ms,
  punctual.ms(b.healed_at) as healed_ms, (
    select count(*)::int from unnest($2::smallint[]) as s(shard)
    cross join lateral (
      select from punctual.live_runs l where l.shard = s.shard and l.held = 'breaker' and l.origin = b.origin and l.tenant_id = b.tenant_id) h) as held_runs`;

/**
 * A page of a tenant's breakers that are not closed or are forced, by target; or the one of an origin, whatever its state. Index: the primary key, and
 * live_runs_breaker for the counts.
 *
 * @param afterTarget the last target of the page before, or null
 */
export async function listBreakers(
  db: Queryable,
  tenantId: number,
  filters: { origin: number | null; afterTarget: string | null },
  limit: number,
): Promise<ShownBreaker[]> {
  const { rows } = await db.query<ShownBreaker>({
    name: "list_breakers",
    text: `select ${columns} from punctual.breakers b
           where b.tenant_id = $1 and ($3::int is null or b.origin = $3) and ($3::int is not null or b.state <> 'closed' or b.forced is not null)
             and ($4::text is null or b.target collate "C" > $4)
           order by b.target collate "C" limit $5`,
    values: [tenantId, allShards, filters.origin, filters.afterTarget, limit],
  });
  return rows;
}

/**
 * Writes a person's wish, or takes it back (null). One that was forced open and is let go probes at once, so that it recovers like any other. Locks: its row.
 */
export async function forceBreaker(
  db: Queryable,
  at: OriginOf & { target: string },
  wish: { forced: "open" | "closed" | null; by: string; reason: string | null },
): Promise<void> {
  await db.query(
    `insert into punctual.breakers as b (tenant_id, origin, target, state, forced, forced_by, reason, opened_at, probe_every_ms, changed_at)
     values ($1, $2, $3, case when $4 = 'open' then 'open' else 'closed' end, $4, case when $4 is not null then $5 end, $6,
             case when $4 = 'open' then punctual.clock() end, $7, punctual.clock())
     on conflict (tenant_id, origin) do update
     set forced = excluded.forced, forced_by = excluded.forced_by, changed_at = excluded.changed_at, epoch = b.epoch + 1, healed_at = null,
         reason = case when excluded.forced is null and b.forced is null then b.reason else excluded.reason end,
         state = case when excluded.forced is null then b.state else excluded.state end,
         opened_at = case when excluded.forced = 'open' and b.state <> 'open' then excluded.opened_at else b.opened_at end,
         probe_at = case when excluded.forced is null and b.forced = 'open' then punctual.clock() else b.probe_at end,
         probe_every_ms = coalesce(b.probe_every_ms, excluded.probe_every_ms)
     -- Taking back what nobody wished changes nothing, least of all a recovery under way.
     where excluded.forced is not null or b.forced is not null`,
    [at.tenantId, at.origin, at.target, wish.forced, wish.by, wish.reason, firstProbeMs],
  );
}
