import { readFileSync } from "node:fs";
import { join } from "node:path";
import { lookUpProcess, worksIn } from "./process-lookup.ts";

type PostmasterStatus = "starting" | "ready" | "stopping";

/**
 * What postmaster.pid and the process table say together about a data folder.
 *
 * - `alive`: a server runs on it.
 * - `none`: no server runs on it; `recycledPid` is set when the file names a live process that is something else, the system having used the pid again.
 * - `unclear`: a live process works in this folder, but it started at another time than the file says. It is neither ours to use nor safe to replace.
 */
export type Postmaster =
  | { kind: "alive"; pid: number; port: number; status: PostmasterStatus }
  | { kind: "none"; recycledPid?: number }
  | { kind: "unclear"; pid: number };

// The file has whole seconds, written a moment after the process started; the kernel's boot time is rounded, and drifts a little with clock corrections.
const startTimeToleranceSeconds = 5;

/** Reads the state of the server on a data folder (absolute, without symbolic links). */
export function inspectPostmaster(pgData: string): Postmaster {
  const lines = readPidFile(pgData);
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1) return { kind: "none" };
  const found = lookUpProcess(pid);
  if (found === undefined) return { kind: "none" };
  if (!worksIn(pid, pgData)) return { kind: "none", recycledPid: pid };
  if (Math.abs(found.startedAtSeconds - Number(lines[2])) > startTimeToleranceSeconds) return { kind: "unclear", pid };
  return { kind: "alive", pid, port: Number(lines[3]), status: readStatus(lines[7]) };
}

/** Lines: pid, data folder, start time, port, socket folder, listen address, shared memory key, status (padded). It is written line by line at start. */
function readPidFile(pgData: string): string[] {
  try {
    return readFileSync(join(pgData, "postmaster.pid"), "utf8").split("\n");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function readStatus(line: string | undefined): PostmasterStatus {
  const status = line?.trim();
  return status === "ready" || status === "stopping" ? status : "starting";
}
