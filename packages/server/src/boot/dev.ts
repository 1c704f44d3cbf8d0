import { PunctualError } from "@punctual/contract";
import { parseApiKey } from "../store/api-key-format.ts";
import { createApiKey } from "../store/api-keys.ts";
import { type Database, openDatabase } from "../store/database.ts";
import { migrate } from "../store/migrate.ts";
import { addSecret, checkEncryptionKey, createCipher, newSigningSecret, readSecret, tenantSigningSecret } from "../store/secrets.ts";
import { bootstrapTenant } from "../store/tenants.ts";
import { banner } from "./banner.ts";
import { type Configuration, type Flags, readConfiguration } from "./config.ts";
import { type DataFolder, newEncryptionKey, openDataFolder } from "./data-folder.ts";
import { databaseProblem } from "./database-problem.ts";
import { EmbeddedPostgresError, type EmbeddedPostgresReason } from "./embedded-postgres/errors.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./embedded-postgres/start.ts";
import { untilSignal } from "./lifecycle.ts";
import { migrationUrl } from "./start.ts";
import { startNode } from "./wire.ts";

const tenantName = "default";

/**
 * `punctual dev`: everything that a first try needs. Uses the database of the configuration or starts the embedded one, sets it up, makes a tenant with a key,
 * serves, and resolves when it was told to stop and has stopped.
 *
 * @param flags options by name
 */
export async function runDev(flags: Flags): Promise<void> {
  const config = readConfiguration("dev", flags);
  const told = untilSignal();
  const folder = openDataFolder(config.dataDir);
  const embedded = config.databaseUrl === null ? await startEmbedded(config, folder) : null;
  const databaseUrl = config.databaseUrl ?? embedded?.databaseUrl ?? "";
  try {
    await migrate(migrationUrl(config, databaseUrl)).catch((error: unknown) => {
      throw databaseProblem(error);
    });
    const encryptionKey = config.encryptionKey ?? Buffer.from(folder.readOrMake("encryption-key", newEncryptionKey), "base64");
    const apiKey = await setUp({ url: databaseUrl, pooled: config.databasePooler !== "none" }, encryptionKey, folder);
    const node = await startNode({ ...config, databaseUrl, encryptionKey });
    process.stdout.write(`${banner({ url: node.url, folder, newApiKey: apiKey, embedded: embedded !== null })}\n`);
    await told;
    await node.stop();
  } finally {
    await embedded?.stop();
  }
}

async function startEmbedded(config: Configuration, folder: DataFolder): Promise<EmbeddedPostgres> {
  try {
    return await startEmbeddedPostgres({
      dataDir: folder.path("postgres"),
      log: config.logLevel === "debug" ? (line) => void process.stdout.write(`${line}\n`) : () => {},
    });
  } catch (error) {
    if (!(error instanceof EmbeddedPostgresError)) throw error;
    throw new PunctualError(codes[error.reason], `${error.message} ${error.remedy}`, { cause: error });
  }
}

const codes = {
  unsupported_platform: "platform_unsupported",
  no_passwd_entry: "no_passwd_entry",
  data_version_mismatch: "data_folder_version",
  no_rights: "rights_missing",
  not_starting: "embedded_database_failed",
  locked: "data_folder_locked",
} as const satisfies Record<EmbeddedPostgresReason, string>;

/**
 * The default tenant, its key and its signing secret, each made once; several starts may do this at the same moment.
 *
 * @returns the API key when this start made it, to be shown once
 */
async function setUp(database: { url: string; pooled: boolean }, encryptionKey: Buffer, folder: DataFolder): Promise<string | null> {
  const db = openDatabase({
    ...database,
    applicationName: "punctual set-up",
    maxConnections: 2,
    statementTimeoutMs: 10_000,
    connectTimeoutMs: 5_000,
  });
  try {
    const cipher = createCipher(encryptionKey);
    if (!(await checkEncryptionKey(db, cipher))) {
      throw new PunctualError(
        "encryption_key_mismatch",
        `The key in ${folder.path("encryption-key")} is not the one this database was set up with.`,
      );
    }
    const { tenantId, apiKey } = await bootstrapTenant(db, tenantName);
    const made = apiKey ?? (await keyForThisFolder(db, tenantId, folder));
    if (made !== null) folder.write("api-key", made);
    await keepSigningSecret(db, cipher, tenantId, folder);
    return made;
  } finally {
    await db.end();
  }
}

/** A folder without a key, on a database that has the tenant already (a second machine, or a deleted folder), gets a key of its own. */
async function keyForThisFolder(db: Database, tenantId: number, folder: DataFolder): Promise<string | null> {
  const known = folder.read("api-key");
  if (known !== null && parseApiKey(known) !== null) return null;
  return createApiKey(db, tenantId, "dev", ["read", "write"]);
}

async function keepSigningSecret(
  db: Database,
  cipher: ReturnType<typeof createCipher>,
  tenantId: number,
  folder: DataFolder,
): Promise<void> {
  const [known] = await readSecret(db, cipher, tenantId, tenantSigningSecret);
  if (known === undefined) await addSecret(db, cipher, tenantId, tenantSigningSecret, folder.read("signing-secret") ?? newSigningSecret());
  const [newest] = await readSecret(db, cipher, tenantId, tenantSigningSecret);
  if (newest !== undefined && folder.read("signing-secret") !== newest) folder.write("signing-secret", newest);
}
