import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { scopes } from "@punctual/contract";
import { migrate, startEmbeddedPostgres } from "@punctual/server";
import { createApiKey } from "../../packages/server/src/store/api-keys.ts";
import { type Database, openDatabase } from "../../packages/server/src/store/database.ts";
import { createPartitions } from "../../packages/server/src/store/partitions.ts";
import {
  addSecret,
  checkEncryptionKey,
  createCipher,
  newSigningSecret,
  tenantSigningSecret,
} from "../../packages/server/src/store/secrets.ts";
import { bootstrapTenant } from "../../packages/server/src/store/tenants.ts";
import { parentOf } from "./processes.ts";
import { createProfiler, type Profiler } from "./profile/profile.ts";
import { countingSettings } from "./profile/statements.ts";
import type { Context } from "./scenario.ts";

/** A database that is ready for jobs. */
export type Stage = {
  url: string;
  /** One connection of the benchmark itself, idle while something is measured. */
  db: Database;
  /** Of the database server; null when it is not on this machine. */
  serverPid: number | null;
  postgres: string;
  /** Null without --profile. */
  profiler: Profiler | null;
  /** Working folder of the processes, removed at the end. */
  folder: string;
  tenantId: number;
  apiKey: string;
  encryptionKey: string;
};

const statementTimeoutMs = 3_600_000;
/**
 * What a server of its own would have for millions of jobs, a quarter of its memory (docs/operating/database.md): with the 512 MB of the embedded server, which shares its machine, what is
 * measured is how often pages are read and written anew.
 */
export const ownServerSettings = { shared_buffers: `${Math.floor(totalmem() / 4 / 1024 ** 2)}MB`, max_wal_size: "16GB" };
/** Of 16 MB: what a checkpoint leaves behind under the embedded server's settings, half of its max_wal_size. */
const logFiles = 64;

/**
 * An embedded PostgreSQL with the settings that `npm start` gives it (durable ones), in a temporary folder or in the one that is to be kept; or, with
 * DATABASE_URL, a database of its own on that server.
 *
 * @param settings of the server, over those; without effect on a server of your own
 */
export async function setUpStage({ options, profiles, cleanup, say }: Context, settings: Record<string, string> = {}): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "punctual-bench-"));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  // mkdtemp closes the folder to others; for root, the database runs as another user.
  chmodSync(folder, 0o755);
  const own = process.env["DATABASE_URL"];
  const kept = options.folder === null ? folder : resolve(options.folder);
  const wanted = profiles === null ? settings : { ...settings, ...countingSettings };
  const { url, pid } = own === undefined ? await startServer(kept, wanted, cleanup) : { url: await makeDatabase(own, cleanup), pid: null };
  const db = open(url);
  cleanup.add(() => db.end());
  await migrate(url);
  await createPartitions(db);
  if (own === undefined) await wearLogIn(db);
  const { rows } = await db.query<{ version: string; pid: number }>(
    "select current_setting('server_version') as version, pg_backend_pid() as pid",
  );
  const encryptionKey = randomBytes(32).toString("base64");
  say(`PostgreSQL ${rows[0]?.version} is ready`);
  return {
    ...{ url, db, folder, encryptionKey, postgres: rows[0]?.version ?? "unknown", serverPid: pid ?? localServer(rows[0]?.pid) },
    ...(await makeTenant(db, encryptionKey)),
    profiler: profiles === null ? null : await createProfiler(url, db, cleanup),
  };
}

/**
 * A server that has worked for a while writes into log files that it has used before. To make a new one, 16 MB of zeros, keeps every commit waiting for 80 ms: at 2,894
 * runs a second every four seconds, which nobody sees after the first checkpoint and every short measurement would.
 */
async function wearLogIn(db: Database): Promise<void> {
  for (let file = 0; file < logFiles; file++) await db.query("select pg_logical_emit_message(false, 'bench', ''), pg_switch_wal()");
  await db.query("checkpoint");
}

function open(url: string): Database {
  return openDatabase({ url, applicationName: "punctual bench", maxConnections: 1, statementTimeoutMs, connectTimeoutMs: 5_000 });
}

async function startServer(
  folder: string,
  settings: Record<string, string>,
  cleanup: Context["cleanup"],
): Promise<{ url: string; pid: number }> {
  mkdirSync(folder, { recursive: true });
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, "postgres"), reachableDir: join(folder, "reachable"), settings });
  cleanup.add(() => postgres.stop());
  return { url: postgres.databaseUrl, pid: postgres.pid };
}

/** The server is somebody's: the benchmark has a database of its own there, and takes it away again. */
async function makeDatabase(serverUrl: string, cleanup: Context["cleanup"]): Promise<string> {
  const name = `punctual_bench_${randomBytes(4).toString("hex")}`;
  const admin = open(serverUrl);
  await admin.query(`create database ${name}`);
  cleanup.add(async () => {
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  });
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** The parent of a backend, if it is a process of this machine. */
function localServer(backend: number | undefined): number | null {
  if (backend === undefined) return null;
  try {
    return readFileSync(`/proc/${backend}/comm`, "utf8").startsWith("postgres") ? parentOf(backend) : null;
  } catch {
    return null;
  }
}

async function makeTenant(db: Database, encryptionKey: string): Promise<{ tenantId: number; apiKey: string }> {
  const cipher = createCipher(Buffer.from(encryptionKey, "base64"));
  // A folder that is kept was set up with a key nobody remembers: everything it encrypted is of a benchmark.
  await db.query("delete from punctual.secrets");
  await db.query("update punctual.installation set key_check = null");
  await checkEncryptionKey(db, cipher);
  const { tenantId } = await bootstrapTenant(db, "bench");
  await addSecret(db, cipher, tenantId, tenantSigningSecret, newSigningSecret());
  return { tenantId, apiKey: await createApiKey(db, tenantId, "bench", scopes) };
}
