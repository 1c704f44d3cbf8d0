import { createHash } from "node:crypto";
import type { SourceFile } from "./tree.ts";
import type { Violation } from "./violation.ts";

/** Where the migrations live, and the list of their seals. */
export const migrationsFolder = "packages/server/src/store/migrations/";
export const sealsPath = "checks/migrations.sha256";

/** From this migration on each says which nodes go on working after it. */
const firstThatSays = 13;
const worksWith = /^-- Works with nodes that know migration \d+\./m;

/** The sha256 of a migration, over its exact bytes. */
export function sealOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The seals as name -> sha256. The file has the form `sha256sum` writes and can check. */
export function readSeals(text: string): Map<string, string> {
  const lines = text.split("\n").filter((line) => line !== "");
  return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
}

/** The text of a seals file, in the order of the names. */
export function writeSeals(seals: ReadonlyMap<string, string>): string {
  return [...seals]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, seal]) => `${seal}  ${name}\n`)
    .join("");
}

/** Migrations among the files, by name. */
export function migrationsOf(files: readonly SourceFile[]): Map<string, string> {
  const found = files.filter((file) => file.path.startsWith(migrationsFolder) && file.path.endsWith(".sql"));
  return new Map(found.map((file) => [file.path.slice(migrationsFolder.length), file.text]));
}

/** Migrations that were changed, removed, misnumbered, not sealed or silent about older nodes. A database that has applied one never sees the edit, so two databases would differ. */
export function findMigrationBreaches(files: readonly SourceFile[], seals: ReadonlyMap<string, string>): Violation[] {
  const migrations = migrationsOf(files);
  const say = (name: string, message: string): Violation => ({ path: `${migrationsFolder}${name}`, line: 1, message });
  const changed = [...migrations].flatMap(([name, text]) => {
    const seal = seals.get(name);
    if (seal === undefined) return [say(name, "is not sealed: run `npx tsx checks/seal-migrations.ts`")];
    return seal === sealOf(text)
      ? []
      : [
          say(
            name,
            `was changed after it was sealed: write a new migration (only one that no release carried may be changed: delete its line in ${sealsPath} and seal again)`,
          ),
        ];
  });
  const removed = [...seals.keys()]
    .filter((name) => !migrations.has(name))
    .map((name) => say(name, "was sealed and is gone: migrations are append-only"));
  const silent = [...migrations].flatMap(([name, text]) =>
    Number(name.slice(0, 4)) < firstThatSays || worksWith.test(text)
      ? []
      : [
          say(
            name,
            "does not say whom it works with: add a line `-- Works with nodes that know migration N.` (see docs/operating/upgrades.md)",
          ),
        ],
  );
  const names = [...migrations.keys()].toSorted();
  const misnumbered = names.filter((name, index) => Number(/^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1]) !== index + 1);
  return [
    ...changed,
    ...removed,
    ...silent,
    ...misnumbered.map((name) => say(name, "is out of line: names are 0001_what_it_does.sql, 0002_..., without gaps")),
  ];
}
