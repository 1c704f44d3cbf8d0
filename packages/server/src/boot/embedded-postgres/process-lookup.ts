import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";

/** A live process. `identity` differs from that of any other process that ever had the same pid. */
export interface LiveProcess {
  identity: string;
  startedAtSeconds: number;
}

/**
 * Looks a process up, whoever owns it. A zombie counts as gone: it holds no file and answers nobody, yet `kill(pid, 0)` would find it for as long as
 * its parent does not reap it (a container whose first process never does).
 */
export function lookUpProcess(pid: number): LiveProcess | undefined {
  try {
    return process.platform === "linux" ? lookUpInProc(pid) : lookUpWithPs(pid);
  } catch {
    return undefined;
  }
}

// USER_HZ: the unit /proc reports in, 100 on every architecture Node runs on, whatever the kernel's own tick is.
const ticksPerSecond = 100;

function lookUpInProc(pid: number): LiveProcess | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The command name stands in parentheses and may itself hold spaces and parentheses: the fields are counted from the last one (field 3 is the state).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return undefined;
  const startTicks = fields[19] ?? "";
  const bootedAtSeconds = Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "latin1"))?.[1]);
  // Ticks since boot rather than a time of day: they stay the same when the wall clock is set.
  const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  return { identity: `${bootId}/${startTicks}`, startedAtSeconds: bootedAtSeconds + Number(startTicks) / ticksPerSecond };
}

function lookUpWithPs(pid: number): LiveProcess | undefined {
  const line = ps("state=,lstart=", pid);
  if (line === "" || line.startsWith("Z")) return undefined;
  const startedAt = line.slice(line.indexOf(" ")).trim();
  return { identity: startedAt, startedAtSeconds: Date.parse(startedAt) / 1000 };
}

/**
 * Whether the process works on this data folder (an absolute path without symbolic links). PostgreSQL makes the data folder its working directory, which
 * stays true when the folder is moved; where that cannot be read its command line must name the folder.
 */
export function worksIn(pid: number, folder: string): boolean {
  try {
    if (process.platform === "linux") return readlinkSync(`/proc/${pid}/cwd`) === folder;
    return `${ps("args=", pid)} `.includes(` -D ${folder} `);
  } catch {
    return false;
  }
}

function ps(columns: string, pid: number): string {
  return execFileSync("ps", ["-o", columns, "-p", String(pid)], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], LC_ALL: "C" },
  }).trim();
}
