/**
 * Whose a herd is. What falls due behind it of the same tenants is no reason for it to hold back: a tenant that is due more often than the machines can carry would hold back what it owes for the
 * sake of what it is about to owe.
 */
export type HerdTenants = {
  /** These were read as a part of a herd. */
  owe(rows: readonly { tenant_id: number }[]): void;
  /** These were fired beside it. */
  passBy(rows: readonly { tenant_id: number }[]): void;
  /** Whether more of the herd is the tenant's than of what was fired beside it: few jobs of a herd do not make one of it that has many others. */
  has(tenantId: number): boolean;
  end(): void;
};

export function createHerdTenants(): HerdTenants {
  /** Above zero, the tenant is the herd's. */
  const balance = new Map<number, number>();
  const add = (rows: readonly { tenant_id: number }[], each: number): void => {
    for (const { tenant_id: tenantId } of rows) balance.set(tenantId, (balance.get(tenantId) ?? 0) + each);
  };
  return {
    owe: (rows) => add(rows, 1),
    passBy: (rows) => add(rows, -1),
    has: (tenantId) => (balance.get(tenantId) ?? 0) > 0,
    end: () => balance.clear(),
  };
}
