import { access } from "node:fs/promises";
import { PunctualError } from "@punctual/contract";
import { dropSetAside, readInhabitants, setAside, takeBack } from "../../store/backing-up.ts";
import type { Queryable } from "../../store/database.ts";
import { readHighWater } from "../../store/high-water.ts";
import { migrate } from "../../store/migrate.ts";
import { beginRestore } from "../../store/restores.ts";

import { type Flags, readConfiguration } from "../config.ts";
import { requireDatabase } from "../start.ts";
import { onDatabase } from "./backup.ts";
import { runTool } from "./tools.ts";

export type RestoreResult = { file: string; migrations: string[]; dataUntil: string | null };

/**
 * `punctual restore`: restores a backup, brings it to this version's schema, and sets restore mode: nodes that are started now fire nothing until a person has
 * decided about what lies between. What was there before is kept aside until all has succeeded.
 *
 * @param options.replace whether what is there may go
 * @throws PunctualError restore_refused while nodes work on the database, or when it is not empty; file_unreadable, backup_failed, backup_tool_missing
 */
export async function runRestore(flags: Flags, file: string, options: { replace: boolean }): Promise<RestoreResult> {
  const databaseUrl = requireDatabase(readConfiguration("restore", flags), "restore");
  await access(file).catch((error: NodeJS.ErrnoException) => {
    throw new PunctualError("file_unreadable", `${file} cannot be read (${error.code}).`);
  });
  return onDatabase(databaseUrl, async (db) => {
    const { hasSchema, nodes } = await readInhabitants(db);
    if (nodes > 0) throw new PunctualError("restore_refused", `${nodes} nodes work on this database. Stop them first.`);
    if (hasSchema && !options.replace)
      throw new PunctualError("restore_refused", "This database holds Punctual's data already. With --replace they go.");
    await dropSetAside(db);
    if (hasSchema) await setAside(db);
    try {
      const result = await bringBack(db, databaseUrl, file);
      await dropSetAside(db);
      return result;
    } catch (error) {
      if (hasSchema) await takeBack(db);
      throw error;
    }
  });
}

async function bringBack(db: Queryable, databaseUrl: string, file: string): Promise<RestoreResult> {
  await runTool("pg_restore", databaseUrl, ["--exit-on-error", "--single-transaction", file]);
  const { applied } = await migrate(databaseUrl);
  const dataUntilMs = (await readHighWater(db))?.mark?.markedMs ?? null;
  const dataUntil = dataUntilMs === null ? null : new Date(dataUntilMs).toISOString();
  const detail = `A backup was restored${dataUntil === null ? "" : `; its data end at ${dataUntil}`}.`;
  await beginRestore(db, { sign: "restored", detail, dataUntilMs });
  return { file, migrations: applied, dataUntil };
}
