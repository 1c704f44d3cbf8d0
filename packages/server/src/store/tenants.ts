import { PunctualError, type Scope, scopes } from "@punctual/contract";
import { createApiKey } from "./api-keys.ts";
import { type Database, type Queryable, transaction } from "./database.ts";

/** `apiKey` is there only for the caller that made the tenant: nobody can read it again. */
export type TenantBootstrap = { tenantId: number; apiKey: string | null };

/**
 * Sees to it that a tenant exists. The first caller makes it together with a key of the given scopes (default: all); for everybody else, also for a node
 * that starts at the same moment, nothing changes.
 */
export async function bootstrapTenant(db: Database, name: string, keyScopes: readonly Scope[] = scopes): Promise<TenantBootstrap> {
  const known = await findTenant(db, name);
  if (known !== null) return { tenantId: known, apiKey: null };
  return transaction(db, async (tx) => {
    // Waits for another transaction that is inserting the same name, then inserts nothing.
    const { rows } = await tx.query<{ tenantId: number }>(
      `insert into punctual.tenants (name) values ($1) on conflict (name) do nothing returning tenant_id as "tenantId"`,
      [name],
    );
    const made = rows[0]?.tenantId;
    if (made !== undefined) return { tenantId: made, apiKey: await createApiKey(tx, made, "bootstrap", keyScopes) };
    const others = await findTenant(tx, name);
    if (others === null)
      throw new PunctualError("internal", `The tenant ${name} was deleted while this node was starting; start it again.`);
    return { tenantId: others, apiKey: null };
  });
}

/** The tenant's id, or null. */
export async function findTenant(db: Queryable, name: string): Promise<number | null> {
  const { rows } = await db.query<{ tenantId: number }>(`select tenant_id as "tenantId" from punctual.tenants where name = $1`, [name]);
  return rows[0]?.tenantId ?? null;
}
