/** A tenant that owes more in one look is no bystander: 30,000 runs a second of one tenant are 400 in 14 ms. */
const mostOfTenant = 32;
/** More than these, of however many tenants, are a herd of their own: to hold back for them would be to hold back for everybody. */
const most = 128;

/**
 * Who is let through beside a herd, of what has become due behind it, the latest first.
 *
 * @param isOfHerd whether the herd is this tenant's
 * @returns those that are to be fired now, and for how many of them the herd is to hold back: for none of its own tenants, and for none at all when they are too many
 */
export function chooseNewcomers<T extends { tenant_id: number }>(
  due: readonly T[],
  isOfHerd: (tenantId: number) => boolean,
): { chosen: T[]; holdBackFor: number } {
  const owed = new Map<number, number>();
  for (const { tenant_id: tenantId } of due) owed.set(tenantId, (owed.get(tenantId) ?? 0) + 1);
  const modest = due.filter((row) => (owed.get(row.tenant_id) ?? 0) <= mostOfTenant);
  const others = modest.filter((row) => !isOfHerd(row.tenant_id));
  return { chosen: modest.slice(0, most), holdBackFor: modest.length > most ? 0 : others.length };
}
