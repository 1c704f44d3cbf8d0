import { readdirSync, readFileSync } from "node:fs";

/** Linux counts CPU time of processes in hundredths of a second, whatever the kernel's own tick. */
const ticksPerSecond = 100;

type Stat = { parent: number; ownTicks: number; reapedTicks: number };

/** CPU time of a process and of its children that have ended; null when it is gone or the system has no /proc. */
function statOf(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is a name that may hold spaces and brackets.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const ticks = (index: number): number => Number(fields[index]);
    return { parent: ticks(1), ownTicks: ticks(11) + ticks(12), reapedTicks: ticks(13) + ticks(14) };
  } catch {
    return null;
  }
}

/** The process and all its descendants. */
function treeOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const stat = Number.isInteger(pid) ? statOf(pid) : null;
    if (stat) children.set(stat.parent, [...(children.get(stat.parent) ?? []), pid]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** CPU seconds that a process and its descendants have used so far, ended ones included; null where the system does not tell. */
export function treeCpuSeconds(root: number): number | null {
  try {
    const stats = treeOf(root).map(statOf);
    return stats.reduce((sum, stat) => sum + (stat?.ownTicks ?? 0) + (stat?.reapedTicks ?? 0), 0) / ticksPerSecond;
  } catch {
    return null;
  }
}

/** CPU seconds that the processes have used so far, without their children: the benchmark's own child is the database. */
export function ownCpuSeconds(pids: readonly number[]): number | null {
  const stats = pids.map(statOf);
  return stats.includes(null) ? null : stats.reduce((sum, stat) => sum + (stat?.ownTicks ?? 0), 0) / ticksPerSecond;
}

/** The most memory that a process has had, in MB; null where the system does not tell. */
export function peakMemoryMb(pid: number): number | null {
  return statusMb(pid, "VmHWM");
}

/** Private memory of the process and its descendants, and once what they share, in MB. */
export function treeMemoryMb(root: number): number | null {
  try {
    const pids = treeOf(root);
    const all = (field: string): number[] => pids.map((pid) => statusMb(pid, field) ?? 0);
    return Math.round(all("RssAnon").reduce((sum, each) => sum + each, 0) + Math.max(...all("RssShmem")));
  } catch {
    return null;
  }
}

export function parentOf(pid: number): number | null {
  return statOf(pid)?.parent ?? null;
}

function statusMb(pid: number, field: string): number | null {
  try {
    const match = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return match ? Number(match[1]) / 1024 : null;
  } catch {
    return null;
  }
}
