import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { EmbeddedPostgresError, useOwnServer } from "./errors.ts";
import { homePaths } from "./home.ts";
import { lookUpProcess } from "./process-lookup.ts";

/** Superuser and database carry one name; `postgres://punctual:...@127.0.0.1:port/punctual`. */
export const clusterName = "punctual";

/**
 * Makes the database cluster if there is none, and checks that an existing one fits the programs. It is made aside and renamed into place whole, so a
 * start that dies half-way leaves nothing that looks finished, and of two starts at once one wins and the other uses the winner's.
 *
 * `synced: false` skips the flush to disk at the end, for clusters that run without fsync anyway.
 *
 * @throws EmbeddedPostgresError `data_version_mismatch` | `not_starting`
 */
export function ensureCluster(home: string, account: Account | undefined, binaries: Binaries, synced: boolean): void {
  const { cluster } = homePaths(home);
  if (!existsSync(cluster)) {
    removeAbandoned(home);
    const aside = `${cluster}.making-${process.pid}-${randomBytes(4).toString("hex")}`;
    try {
      makeCluster(aside, account, binaries, synced);
      renameUnlessMade(aside, cluster);
    } finally {
      rmSync(aside, { recursive: true, force: true });
    }
  }
  checkVersion(home, binaries);
}

/** The superuser's password; never in the environment, the command line or the log. */
export function readPassword(home: string): string {
  return readFileSync(homePaths(home).password, "utf8").trim();
}

function makeCluster(folder: string, account: Account | undefined, binaries: Binaries, synced: boolean): void {
  const pgData = join(folder, "data");
  const lentPassword = join(folder, "password-for-initdb");
  const password = randomBytes(24).toString("base64url");
  mkdirSync(folder);
  chmodSync(folder, account === undefined ? 0o700 : 0o711);
  mkdirSync(pgData, { mode: 0o700 });
  writeFileSync(join(folder, "password"), `${password}\n`, { mode: 0o600 });
  writeFileSync(lentPassword, `${password}\n`, { mode: 0o600 });
  if (account !== undefined) for (const path of [pgData, lentPassword]) chownSync(path, account.uid, account.gid);

  const initdbArguments = [
    `--pgdata=${pgData}`,
    `--username=${clusterName}`,
    `--pwfile=${lentPassword}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    // The bundled ICU is years past its end of life: an index sorted by it could not be carried to another server. C sorts the same everywhere.
    "--locale=C",
    "--data-checksums",
    "--no-instructions",
    ...(synced ? [] : ["--no-sync"]),
  ];
  run(binaries.initdb, initdbArguments, account);
  rmSync(lentPassword);
  const singleUser = ["--single", ...(synced ? [] : ["-F"]), "-D", pgData, "postgres"];
  run(binaries.postgres, singleUser, account, `create database ${clusterName};\n`);
}

function run(program: string, programArguments: string[], account: Account | undefined, input = ""): void {
  const result = spawnSync(program, programArguments, { cwd: "/", env: cleanEnvironment(), encoding: "utf8", input, ...account });
  if (result.status === 0) return;
  const why = (result.error?.message ?? result.stderr).trim().split("\n").at(-1);
  throw new EmbeddedPostgresError(
    "not_starting",
    `The embedded database could not be made: ${why}`,
    `Free disk space or rights as it says, or ${useOwnServer}.`,
  );
}

/** PostgreSQL's programs obey PGDATA, PGPORT and a dozen more: none of the caller's variables may reach them, nor its secrets. */
export function cleanEnvironment(): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
}

function renameUnlessMade(aside: string, cluster: string): void {
  try {
    renameSync(aside, cluster);
  } catch (error) {
    const madeByAnother = ["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "");
    if (!madeByAnother) throw error;
  }
}

/** Clusters that a start killed half-way left behind, 39 MB each. */
function removeAbandoned(home: string): void {
  for (const name of readdirSync(home)) {
    const makerPid = /^cluster\.making-(\d+)-/.exec(name)?.[1];
    if (makerPid !== undefined && lookUpProcess(Number(makerPid)) === undefined) rmSync(join(home, name), { recursive: true, force: true });
  }
}

function checkVersion(home: string, binaries: Binaries): void {
  const { pgData } = homePaths(home);
  const versionFile = join(pgData, "PG_VERSION");
  if (!existsSync(versionFile)) {
    throw new EmbeddedPostgresError(
      "not_starting",
      `${pgData} is not a PostgreSQL data folder, or its owner is not the user of this start.`,
      `Start as the user who made it, move it away to begin with an empty database, or ${useOwnServer}.`,
    );
  }
  const dataMajor = readFileSync(versionFile, "utf8").trim();
  if (dataMajor === binaries.major) return;
  throw new EmbeddedPostgresError(
    "data_version_mismatch",
    `The data in ${pgData} was made by PostgreSQL ${dataMajor}, and the embedded server is PostgreSQL ${binaries.major}.`,
    `Carry the data over with pg_dump of version ${dataMajor}, move the folder away to begin with an empty database, or ${useOwnServer}.`,
  );
}
