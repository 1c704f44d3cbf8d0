import { PunctualError } from "@punctual/contract";
import { createTestDatabase, type TestDatabase } from "@punctual/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkSchema, migrate, shippedMigrations } from "../../src/store/migrate.ts";

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

const refusal = async (work: Promise<unknown>) => {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof PunctualError ? error.code : error;
};

describe("migrating", () => {
  test("applies each file once, however many nodes start at the same moment", async () => {
    await database.pool.query("drop schema punctual cascade");
    expect(await refusal(checkSchema(database.pool))).toBe("schema_missing");
    const shipped = await shippedMigrations();
    const starters = await Promise.all(Array.from({ length: 4 }, () => migrate(database.url)));
    expect(starters.flatMap(({ applied }) => applied)).toEqual(shipped.map(({ name }) => name));
    const { rows } = await database.pool.query("select version, name, checksum from punctual.migrations order by version");
    expect(rows).toEqual(shipped.map(({ version, name, checksum }) => ({ version, name, checksum })));
    expect(await refusal(checkSchema(database.pool))).toBeNull();
  });

  test("again changes nothing", async () => {
    expect(await migrate(database.url)).toEqual({ applied: [] });
  });

  test("is refused when a file was edited after it was applied, and so is starting", async () => {
    await database.pool.query("update punctual.migrations set checksum = 'another' where version = 1");
    expect(await refusal(migrate(database.url))).toBe("migration_changed");
    expect(await refusal(checkSchema(database.pool))).toBe("migration_changed");
  });

  test("is refused when the database is ahead of this version, and so is starting", async () => {
    await database.pool.query("insert into punctual.migrations (version, name, checksum, duration_ms) values (9999, 'future', 'x', 1)");
    expect(await refusal(migrate(database.url))).toBe("schema_newer");
    expect(await refusal(checkSchema(database.pool))).toBe("schema_newer");
  });
});
