import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { userInfo } from "node:os";
import { EmbeddedPostgresError, useOwnServer } from "./errors.ts";

/** The system account that runs the database when Punctual itself is root. */
export interface Account {
  uid: number;
  gid: number;
}

/**
 * Which account runs the database: undefined means our own. PostgreSQL refuses to run as root, so root lends it the owner of the data if there is
 * data, else `postgres`, else `nobody`. No account is ever created: a scheduler has no business in /etc/passwd.
 *
 * @throws EmbeddedPostgresError `no_passwd_entry`
 */
export function chooseAccount(pgDataDir: string): Account | undefined {
  if (process.getuid?.() !== 0) {
    requirePasswdEntry();
    return undefined;
  }
  const owner = statSync(pgDataDir, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const account = findAccount("postgres") ?? findAccount("nobody");
  if (account !== undefined) return account;
  throw new EmbeddedPostgresError(
    "no_passwd_entry",
    "PostgreSQL refuses to run as root, and this system has neither a user postgres nor a user nobody to run it as.",
    `Start as an ordinary user, add one of the two, or ${useOwnServer}.`,
  );
}

function requirePasswdEntry(): void {
  try {
    userInfo();
  } catch (cause) {
    throw new EmbeddedPostgresError(
      "no_passwd_entry",
      `PostgreSQL needs to know the name of its user, and user id ${process.getuid?.()} has no entry in /etc/passwd.`,
      `Start as a user that has one (in a container: add the entry, or drop --user), or ${useOwnServer}.`,
      { cause },
    );
  }
}

function findAccount(name: string): Account | undefined {
  // `id` rather than /etc/passwd: accounts may come from a directory service.
  const [uid, gid] = ["-u", "-g"].map((flag) => {
    const { status, stdout } = spawnSync("id", [flag, name], { encoding: "utf8" });
    return status === 0 ? Number(stdout) : undefined;
  });
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

/** Whether the account can enter the folder. It is tried rather than computed from mode bits, which know nothing of ACLs and security modules. */
export function canEnter(account: Account | undefined, folder: string): boolean {
  return spawnSync("/bin/sh", ["-c", 'cd "$1"', "sh", folder], { cwd: "/", stdio: "ignore", ...account }).status === 0;
}
