import { existsSync, readFileSync } from "node:fs";

/** A zombie has ended; when it is collected is the host's affair. */
export function isRunning(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}
