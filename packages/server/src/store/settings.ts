import type { RetryBody } from "@punctual/contract";
import type { Queryable } from "./database.ts";

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

/** Replaces them whole. Locks: the tenant's row. Index: primary key. */
export async function writeSettings(db: Queryable, tenantId: number, settings: TenantSettings): Promise<void> {
  await db.query({
    name: "write_settings",
    text: "update punctual.tenants set settings = $2 where tenant_id = $1",
    values: [tenantId, JSON.stringify(settings)],
  });
}
