import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

const pollMs = 20;

/**
 * Whether a process of the group is left that can still do something. A zombie cannot; in a container without an init process nobody collects those whose parent
 * has ended, and the group would never be empty.
 */
export async function isGroupAlive(groupId: number): Promise<boolean> {
  return signal(groupId, 0) && (await hasLiving(groupId));
}

/**
 * Ends every process of a group: SIGTERM, and what is left after the grace gets SIGKILL. Resolves when none is left, or when the last signal is sent: what cannot
 * be killed, such as a process that became another user's, is not waited for.
 */
export async function stopGroup(groupId: number, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  let left = signal(groupId, "SIGTERM");
  while (left && performance.now() < deadline) {
    await delay(pollMs);
    left = await isGroupAlive(groupId);
  }
  // Also to a group that looks dead: a process that forked while we looked may have been overlooked.
  signal(groupId, "SIGKILL");
}

/** @returns false when the group is empty */
function signal(groupId: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-groupId, name);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** True on a system without /proc, where the signal's word has to do. */
async function hasLiving(groupId: number): Promise<boolean> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")));
  return pids.length === 0 || stats.some((stat) => isLivingMember(stat, groupId));
}

/** @param stat `42 (name) S 1 42 ...`: process, name, state, parent, group; the name may hold blanks and parentheses */
function isLivingMember(stat: string, groupId: number): boolean {
  const [state = "", , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(group) === groupId && state !== "Z" && state !== "X";
}
