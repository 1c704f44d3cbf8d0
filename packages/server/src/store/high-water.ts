import type { RestoreSign } from "@punctual/contract";
import type { DatabaseNow, HighWater } from "../model/restore-signs.ts";
import type { Queryable } from "./database.ts";

/** The restore that is open. */
export type OpenRestore = { restoreId: number; sign: RestoreSign; detail: string; noticedMs: number; dataUntilMs: number | null };

/**
 * The mark, the database that answers, and the restore that is open: all in one snapshot. The timeline is that of the log being written, as the control file
 * learns of a promotion only at its next checkpoint.
 *
 * Locks: none. Index: primary key of high_water, restores_open.
 */
const highWaterSql = `
select h.seq, punctual.ms(h.marked_at) as marked_ms, h.system_identifier as marked_system, h.timeline as marked_timeline,
       h.xmin::text::bigint <> h.xid as is_copied, punctual.ms(punctual.clock()) as now,
       (select c.system_identifier::text from pg_control_system() c) as system,
       ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int as timeline,
       r.restore_id, r.sign, r.detail, punctual.ms(r.noticed_at) as noticed_ms, punctual.ms(r.data_until) as data_until_ms
from (values (true)) as always(there)
left join punctual.high_water h on always.there
left join punctual.restores r on r.resolved_at is null
where not pg_is_in_recovery()`;

type Row = {
  seq: string | null;
  marked_ms: number;
  marked_system: string;
  marked_timeline: number;
  is_copied: boolean;
  now: number;
  system: string;
  timeline: number;
  restore_id: number | null;
  sign: RestoreSign;
  detail: string;
  noticed_ms: number;
  data_until_ms: number | null;
};

/** See highWaterSql. @returns null from a standby, where nothing can be written anyway */
export async function readHighWater(
  db: Queryable,
): Promise<{ mark: HighWater | null; now: DatabaseNow; restore: OpenRestore | null } | null> {
  const { rows } = await db.query<Row>({ name: "high_water", text: highWaterSql });
  const [row] = rows;
  if (!row) return null;
  return {
    mark: row.seq === null ? null : markOf(row, Number(row.seq)),
    now: { nowMs: row.now, systemIdentifier: row.system, timeline: row.timeline },
    restore: row.restore_id === null ? null : restoreOf(row, row.restore_id),
  };
}

function markOf(row: Row, seq: number): HighWater {
  const { marked_ms: markedMs, marked_system: systemIdentifier, marked_timeline: timeline, is_copied: isCopied } = row;
  return { seq, markedMs, systemIdentifier, timeline, isCopied };
}

function restoreOf({ sign, detail, noticed_ms: noticedMs, data_until_ms: dataUntilMs }: Row, restoreId: number): OpenRestore {
  return { restoreId, sign, detail, noticedMs, dataUntilMs };
}

/**
 * Raises the mark to the time at which it was read, unless another node has done so since, or firing is stopped. To the time of this statement it would hide a jump of the clock in between
 * from whoever looks next.
 *
 * $1 the mark that was read, null without one; $2 the server, $3 its timeline, $4 the time. Locks: the mark's row. Index: primary key of high_water.
 */
const raiseSql = `
insert into punctual.high_water as h (seq, marked_at, system_identifier, timeline, xid)
select coalesce($1::bigint, 0) + 1, punctual.at($4::float8), $2, $3, pg_current_xact_id()::text::bigint & 4294967295
where not exists (select from punctual.restores r where r.resolved_at is null)
on conflict (only_row) do update
set seq = excluded.seq, marked_at = excluded.marked_at, system_identifier = excluded.system_identifier, timeline = excluded.timeline, xid = excluded.xid
where h.seq = $1`;

/** See raiseSql. */
export async function raiseHighWater(db: Queryable, seq: number | null, now: DatabaseNow): Promise<void> {
  await db.query({ name: "raise_high_water", text: raiseSql, values: [seq, now.systemIdentifier, now.timeline, now.nowMs] });
}
