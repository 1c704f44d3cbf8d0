import { PunctualError } from "@punctual/contract";
import { migrate } from "../store/migrate.ts";
import { type Configuration, type Flags, readConfiguration } from "./config.ts";
import { databaseProblem } from "./database-problem.ts";
import { untilSignal } from "./lifecycle.ts";
import type { Command } from "./options.ts";
import { startNode } from "./wire.ts";

/**
 * `punctual start`: a node of a cluster, on a database that was set up with `punctual migrate`. Resolves when it was told to stop and has stopped.
 *
 * @param flags options by name
 */
export async function runStart(flags: Flags): Promise<void> {
  const config = readConfiguration("start", flags);
  const databaseUrl = requireDatabase(config, "start");
  if (config.encryptionKey === null)
    throw new PunctualError("encryption_key_missing", "`punctual start` needs the key that encrypts stored secrets.");
  const told = untilSignal();
  const node = await startNode({ ...config, databaseUrl, encryptionKey: config.encryptionKey });
  process.stdout.write(`Punctual serves ${node.url}\n`);
  await told;
  await node.stop();
}

/** `punctual migrate`: brings the database to this version's schema. @returns names of the migrations applied */
export async function runMigrate(flags: Flags): Promise<{ applied: string[] }> {
  const config = readConfiguration("migrate", flags);
  const databaseUrl = requireDatabase(config, "migrate");
  try {
    return await migrate(migrationUrl(config, databaseUrl));
  } catch (error) {
    throw databaseProblem(error);
  }
}

/**
 * Where migrations go: past a pooler, since nodes that migrate at once take turns by a lock of their session.
 *
 * @throws PunctualError configuration_invalid when there is only the pooler's URL
 */
export function migrationUrl(config: Configuration, databaseUrl: string): string {
  if (config.databaseDirectUrl !== null) return config.databaseDirectUrl;
  if (config.databasePooler === "none") return databaseUrl;
  throw new PunctualError(
    "configuration_invalid",
    "Migrations need a session of their own, which a pooler in transaction mode does not give: name the database past it with PUNCTUAL_DATABASE_DIRECT_URL (or --database-direct-url).",
  );
}

/** @throws PunctualError configuration_invalid without one */
export function requireDatabase(config: Configuration, command: Command): string {
  if (config.databaseUrl !== null) return config.databaseUrl;
  throw new PunctualError("configuration_invalid", `\`punctual ${command}\` needs DATABASE_URL (or --database-url).`);
}
