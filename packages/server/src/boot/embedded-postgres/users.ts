import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { lookUpProcess } from "./process-lookup.ts";

/** One process's claim on the running database. */
export interface User {
  /** Gives the claim up. `stopServer` runs when no other live process has one: the last user stops the server. */
  leave(stopServer: () => Promise<void>): Promise<void>;
}

const leaving = ".leaving";
const half = "half-written.";
const pollMs = 10;

/**
 * Joins the users of a database, and returns once no other process is in the middle of stopping it.
 *
 * Each user is a file named by its pid, holding the process's identity; those of dead processes do not count, so a killed node keeps nothing alive.
 * Joining is "write own file, then look for leavers"; leaving is "mark own file, then look for users". Whatever the interleaving, at least one of the two
 * sees the other: either the leaver lets the server run, or the joiner waits until it is gone.
 */
export async function joinUsers(usersDir: string): Promise<User> {
  mkdirSync(usersDir, { recursive: true });
  const own = `${process.pid}-${randomBytes(4).toString("hex")}`;
  // Renamed into place, so that nobody ever reads a half-written identity and takes its owner for dead.
  writeFileSync(join(usersDir, half + own), lookUpProcess(process.pid)?.identity ?? "");
  renameSync(join(usersDir, half + own), join(usersDir, own));
  while (liveUsers(usersDir).some((name) => name.endsWith(leaving))) await delay(pollMs);

  return {
    async leave(stopServer) {
      renameSync(join(usersDir, own), join(usersDir, own + leaving));
      try {
        if (liveUsers(usersDir).every((name) => name.endsWith(leaving))) await stopServer();
      } finally {
        rmSync(join(usersDir, own + leaving), { force: true });
      }
    },
  };
}

/** Names of the files whose process still lives; the files of the dead are removed on the way. */
function liveUsers(usersDir: string): string[] {
  return readdirSync(usersDir).filter((name) => {
    if (name.startsWith(half)) return false;
    const path = join(usersDir, name);
    const identity = readIfThere(path);
    if (identity === undefined) return false;
    if (lookUpProcess(Number.parseInt(name, 10))?.identity === identity) return true;
    rmSync(path, { force: true });
    return false;
  });
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
