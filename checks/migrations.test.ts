import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findMigrationBreaches, migrationsFolder, readSeals, sealOf, sealsPath, writeSeals } from "./lib/migrations.ts";
import { readTree, root } from "./lib/tree.ts";
import { formatViolations } from "./lib/violation.ts";

const first = { path: `${migrationsFolder}0001_begin.sql`, text: "create table jobs ();\n" };
const second = { path: `${migrationsFolder}0002_queues.sql`, text: "create table queues ();\n" };
const seals = new Map([
  ["0001_begin.sql", sealOf(first.text)],
  ["0002_queues.sql", sealOf(second.text)],
]);

describe("migrations", () => {
  it("are append-only in this repository", () => {
    const sealed = existsSync(join(root, sealsPath)) ? readFileSync(join(root, sealsPath), "utf8") : "";
    expect(formatViolations(findMigrationBreaches(readTree(), readSeals(sealed)))).toEqual([]);
  });

  it("accepts the sealed ones as they are, through the file that holds the seals", () => {
    expect(findMigrationBreaches([first, second], readSeals(writeSeals(seals)))).toEqual([]);
  });

  it("notices an edit, a removal, a gap and a missing seal", () => {
    expect(findMigrationBreaches([{ ...first, text: `${first.text} ` }, second], seals)).toHaveLength(1);
    expect(findMigrationBreaches([first], seals)).toHaveLength(1);
    expect(
      findMigrationBreaches(
        [first, { ...second, path: `${migrationsFolder}0003_queues.sql` }],
        new Map([
          ["0001_begin.sql", sealOf(first.text)],
          ["0003_queues.sql", sealOf(second.text)],
        ]),
      ),
    ).toHaveLength(1);
    expect(findMigrationBreaches([first], new Map())).toHaveLength(1);
  });

  it("notices one that does not say whom it works with, from the first that must", () => {
    const names = Array.from({ length: 13 }, (_, index) => `${String(index + 1).padStart(4, "0")}_step.sql`);
    const migrations = (last: string) =>
      names.map((name, index) => ({ path: migrationsFolder + name, text: index === 12 ? last : "select 1;\n" }));
    const breaches = (last: string) =>
      findMigrationBreaches(migrations(last), new Map(migrations(last).map(({ text }, index) => [names[index] ?? "", sealOf(text)])));
    expect(breaches("-- Works with nodes that know migration 11.\nselect 1;\n")).toEqual([]);
    expect(breaches("select 1;\n").map(({ path }) => path)).toEqual([`${migrationsFolder}0013_step.sql`]);
  });
});
