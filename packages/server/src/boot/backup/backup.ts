import { randomBytes } from "node:crypto";
import { rename, rm, stat } from "node:fs/promises";
import { PunctualError } from "@punctual/contract";
import {
  countTables,
  createScratch,
  dropScratch,
  inSnapshot,
  readInhabitants,
  type TableCounts,
  withConnection,
} from "../../store/backing-up.ts";
import type { Queryable } from "../../store/database.ts";
import { type Flags, readConfiguration } from "../config.ts";
import { databaseProblem } from "../database-problem.ts";
import { requireDatabase } from "../start.ts";
import { runTool, withDatabase } from "./tools.ts";

export type BackupResult = { file: string; bytes: number; tables: number; rows: number; isChecked: boolean };

/**
 * `punctual backup`: dumps Punctual's schema into a file, while nodes go on, and proves that it can be restored: it is, into a database that lives only for this,
 * and the rows of every table are counted against the very snapshot that was dumped. The file appears once it has passed.
 *
 * @param options.check whether to prove it; needs the right to create a database
 * @throws PunctualError backup_failed, backup_tool_missing, or that the database cannot be reached or holds no Punctual
 */
export async function runBackup(flags: Flags, file: string, options: { check: boolean }): Promise<BackupResult> {
  const databaseUrl = requireDatabase(readConfiguration("backup", flags), "backup");
  return onDatabase(databaseUrl, async (db) => {
    if (!(await readInhabitants(db)).hasSchema) throw new PunctualError("schema_missing", "There is nothing of Punctual in this database.");
    const part = `${file}.part`;
    try {
      const counts = await dump(db, databaseUrl, part);
      if (options.check) await provesItself(db, databaseUrl, part, counts);
      await rename(part, file);
      const rows = [...counts.values()].reduce((sum, count) => sum + count, 0);
      return { file, bytes: (await stat(file)).size, tables: counts.size, rows, isChecked: options.check };
    } finally {
      await rm(part, { force: true });
    }
  });
}

/** @returns how many rows each table has in the snapshot that was dumped */
async function dump(db: Queryable, databaseUrl: string, file: string): Promise<TableCounts> {
  return inSnapshot(db, async (snapshot) => {
    await runTool("pg_dump", databaseUrl, ["--format=custom", "--schema=punctual", `--snapshot=${snapshot}`, `--file=${file}`]);
    return countTables(db);
  });
}

async function provesItself(db: Queryable, databaseUrl: string, file: string, dumped: TableCounts): Promise<void> {
  const scratch = `punctual_check_${randomBytes(6).toString("hex")}`;
  await createScratch(db, scratch);
  try {
    const url = withDatabase(databaseUrl, scratch);
    await runTool("pg_restore", url, ["--exit-on-error", "--single-transaction", file]);
    const restored = await onDatabase(url, countTables);
    const differing = [...dumped].filter(([table, count]) => restored.get(table) !== count).map(([table]) => table);
    if (differing.length > 0 || restored.size !== dumped.size)
      throw new PunctualError(
        "backup_failed",
        `The dump does not restore to what was dumped: ${differing.join(", ") || "it has other tables"}.`,
      );
  } finally {
    await dropScratch(db, scratch);
  }
}

/** As withConnection, with what goes wrong in words for people. */
export async function onDatabase<T>(databaseUrl: string, work: (db: Queryable) => Promise<T>): Promise<T> {
  try {
    return await withConnection(databaseUrl, work);
  } catch (error) {
    throw databaseProblem(error);
  }
}
