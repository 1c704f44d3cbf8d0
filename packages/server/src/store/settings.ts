import type { RetryBody } from "@punctual/contract";
import type { Queryable } from "./database.ts";
import { gathered } from "./gathering.ts";

/** What a tenant decided for all its jobs; a field that is absent was not decided. */
export type TenantSettings = { retry?: RetryBody };

/** Index: primary key. */
export async function readSettings(db: Queryable, tenantId: number): Promise<TenantSettings> {
  const { rows } = await db.query<{ settings: string | null }>({
    name: "read_settings",
    text: "select settings from punctual.tenants where tenant_id = $1",
    values: [tenantId],
  });
  const text = rows[0]?.settings ?? null;
  return text === null ? {} : (JSON.parse(text) as TenantSettings);
}

/** What a job is judged by: the database's time, epoch ms, and what its tenant decided. */
export type Grounds = { nowMs: number; settings: TenantSettings };

/** Both in one statement, for all who ask at the same time. Index: primary key. */
export const readGrounds = gathered<null, Grounds>(Number.POSITIVE_INFINITY, async (db, tenantId, asked) => {
  const { rows } = await db.query<{ now: number; settings: string | null }>({
    name: "read_grounds",
    text: "select punctual.ms(punctual.clock()) as now, (select settings from punctual.tenants where tenant_id = $1) as settings",
    values: [tenantId],
  });
  const [row] = rows;
  const text = row?.settings ?? null;
  const grounds = { nowMs: row?.now ?? Number.NaN, settings: text === null ? {} : (JSON.parse(text) as TenantSettings) };
  return asked.map(() => grounds);
});

/** Replaces them whole. Locks: the tenant's row. Index: primary key. */
export async function writeSettings(db: Queryable, tenantId: number, settings: TenantSettings): Promise<void> {
  await db.query({
    name: "write_settings",
    text: "update punctual.tenants set settings = $2 where tenant_id = $1",
    values: [tenantId, JSON.stringify(settings)],
  });
}
