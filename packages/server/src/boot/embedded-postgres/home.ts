import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type Account, canEnter } from "./account.ts";
import { makeEnterableDir } from "./copy-readable.ts";
import { EmbeddedPostgresError, useOwnServer } from "./errors.ts";

/** Names inside the home folder; README.md says what each is. */
export function homePaths(home: string) {
  const cluster = join(home, "cluster");
  return {
    cluster,
    pgData: join(cluster, "data"),
    password: join(cluster, "password"),
    port: join(home, "port"),
    log: join(home, "postgres.log"),
    users: join(home, "users"),
  };
}

/** Where the database of `dataDir` was settled by an earlier start: `dataDir` itself, or the folder its pointer names. */
export function findHome(dataDir: string): string {
  const pointer = pointerPath(dataDir);
  if (existsSync(pointer)) return readFileSync(pointer, "utf8").trim();
  return existsSync(dataDir) ? realpathSync(dataDir) : dataDir;
}

/**
 * Makes sure that the account can enter the home folder, and returns its path without symbolic links. A new database whose `dataDir` lies below a folder
 * the account may not enter is settled below `reachableDir` instead, and `dataDir/location` points there.
 *
 * @throws EmbeddedPostgresError `no_rights` when an existing database has become unreachable: a second, empty one in another place would look like lost data.
 */
export function settleHome(dataDir: string, account: Account | undefined, reachableDir: string): string {
  makeEnterableDir(dataDir);
  const home = findHome(dataDir);
  if (home !== realpathSync(dataDir)) makeEnterableDir(home);
  if (canEnter(account, home)) return realpathSync(home);
  if (existsSync(homePaths(home).cluster)) {
    throw new EmbeddedPostgresError(
      "no_rights",
      `The database in ${home} belongs to user id ${account?.uid}, which can no longer enter that folder.`,
      `Let it pass through every parent folder (chmod o+x), or ${useOwnServer}.`,
    );
  }
  const reachable = join(reachableDir, placeName(realpathSync(dataDir)));
  makeEnterableDir(reachable);
  if (!canEnter(account, reachable)) {
    throw new EmbeddedPostgresError(
      "no_rights",
      `User id ${account?.uid}, which runs the database, can enter neither ${dataDir} nor ${reachable}.`,
      `Put the project where other users may pass, start as an ordinary user, or ${useOwnServer}.`,
    );
  }
  writeFileSync(pointerPath(dataDir), `${reachable}\n`);
  return realpathSync(reachable);
}

function pointerPath(dataDir: string): string {
  return join(dataDir, "location");
}

function placeName(dataDir: string): string {
  return `${basename(dataDir)}-${createHash("sha256").update(dataDir).digest("hex").slice(0, 12)}`;
}
