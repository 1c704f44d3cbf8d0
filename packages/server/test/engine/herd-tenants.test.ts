import { describe, expect, it } from "vitest";
import { createHerdTenants } from "../../src/engine/herd-tenants.ts";

const rows = (tenant: number, count: number) => Array.from({ length: count }, () => ({ tenant_id: tenant }));

describe("whose a herd is", () => {
  it("is told by what was read of it, and forgotten when it is through", () => {
    const tenants = createHerdTenants();
    tenants.owe(rows(1, 40));
    expect([tenants.has(1), tenants.has(2)]).toEqual([true, false]);
    tenants.end();
    expect(tenants.has(1)).toBe(false);
  });

  it("is not a tenant's that has a job in it and many beside it", () => {
    const tenants = createHerdTenants();
    tenants.passBy(rows(1, 3));
    tenants.owe(rows(1, 2));
    expect(tenants.has(1)).toBe(false);
    tenants.owe(rows(1, 2));
    expect(tenants.has(1)).toBe(true);
  });
});
