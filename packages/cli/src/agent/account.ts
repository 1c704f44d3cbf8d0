import { execFile } from "node:child_process";
import { userInfo } from "node:os";
import { promisify } from "node:util";
import { CliError } from "../cli-error.ts";
import type { AllowList } from "./allow-list.ts";

/** A user of this host. */
export type Account = { name: string; uid: number; gid: number; home: string };

/** The agent's own user. In a container it may have no passwd entry, and then goes by its number. */
export function ownAccount(): Account {
  try {
    const { username, uid, gid, homedir } = userInfo();
    return { name: username, uid, gid, home: homedir };
  } catch {
    const uid = process.getuid?.() ?? -1;
    return { name: String(uid), uid, gid: process.getgid?.() ?? -1, home: "/" };
  }
}

/**
 * The user that a command is to run as. Only root may become somebody else.
 *
 * @throws CliError `configuration_invalid` when there is no such user, or when the agent may not become that user
 */
export async function accountFor(command: string, user: string | undefined, own: Account): Promise<Account> {
  if (user === undefined || user === own.name) return own;
  if (own.uid !== 0) {
    throw new CliError("configuration_invalid", `Command ${command} is for user ${user}, and this agent runs as ${own.name}.`, {
      remedy: "Only an agent that runs as root may run commands as other users. Run one agent for each user, or take the field away.",
    });
  }
  const account = await lookUp(user);
  if (account !== undefined) return account;
  throw new CliError("configuration_invalid", `Command ${command} is for user ${user}, who does not exist on this host.`, {
    remedy: `Make the user, or change the field "user".`,
  });
}

/** Refuses a list with a user that its commands cannot run as, before the first of them is due. */
export async function checkUsers(commands: AllowList, own: Account): Promise<void> {
  for (const [name, { user }] of commands) await accountFor(name, user, own);
}

/** By getent, which knows users of directories too; the passwd file alone does not. */
async function lookUp(user: string): Promise<Account | undefined> {
  try {
    const { stdout } = await promisify(execFile)("getent", ["passwd", "--", user]);
    const [name = "", , uid, gid, , home = ""] = stdout.trim().split(":");
    return { name, uid: Number(uid), gid: Number(gid), home: home === "" ? "/" : home };
  } catch {
    return undefined;
  }
}
