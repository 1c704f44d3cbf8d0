import { randomBytes } from "node:crypto";
import { createTestDatabase, type TestDatabase } from "@punctual/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSigningSecrets } from "../../src/engine/signing-secrets.ts";
import type { Database } from "../../src/store/database.ts";
import { addSecret, createCipher, tenantSigningSecret } from "../../src/store/secrets.ts";
import { bootstrapTenant } from "../../src/store/tenants.ts";

const cipher = createCipher(randomBytes(32));
const target = { type: "http" as const, url: "http://127.0.0.1/" };

describe("the secrets that sign webhooks", () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());

  const tenantWith = async (name: string, secret: string | null, by = cipher): Promise<number> => {
    const { tenantId } = await bootstrapTenant(database.pool, name);
    if (secret !== null) await addSecret(database.pool, by, tenantId, tenantSigningSecret, secret);
    return tenantId;
  };

  it("of many tenants at once are read by one statement, each gets its own, and known ones are not read again", async () => {
    const tenants = await Promise.all(["a", "b", "c"].map((name) => tenantWith(name, `secret of ${name}`)));
    const bare = await tenantWith("none", null);
    let statements = 0;
    const counting = { query: (...args: [string]) => (statements++, database.pool.query(...args)) } as unknown as Database;
    const secretsOf = createSigningSecrets(counting, cipher);
    const ask = () => Promise.all([...tenants, bare, ...tenants].map(async (tenantId) => secretsOf(tenantId, "job", target)));
    const each = [["secret of a"], ["secret of b"], ["secret of c"]];
    expect(await ask()).toEqual([...each, [], ...each]);
    expect(statements).toBe(1);
    expect(await ask()).toEqual([...each, [], ...each]);
    expect(statements).toBe(1);
  });

  it("that one tenant's cannot be opened keeps nobody else's from being known", async () => {
    const whole = await tenantWith("whole", "secret");
    const foreign = await tenantWith("foreign", "secret", createCipher(randomBytes(32)));
    const secretsOf = createSigningSecrets(database.pool, cipher);
    const [ofForeign, ofWhole] = await Promise.allSettled([secretsOf(foreign, "job", target), secretsOf(whole, "job", target)]);
    expect(ofForeign.status).toBe("rejected");
    expect(ofWhole).toEqual({ status: "fulfilled", value: ["secret"] });
  });
});
