import { spawn } from "node:child_process";
import { closeSync, fstatSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Account } from "./account.ts";
import { cleanEnvironment } from "./cluster.ts";
import { inspectPostmaster } from "./postmaster.ts";

/** `ready`, or what the server wrote before it gave up. */
export type Launched = { ready: true; pid: number } | { ready: false; output: string };

export interface LaunchPlan {
  postgres: string;
  account: Account | undefined;
  pgData: string;
  logPath: string;
  settings: Record<string, string>;
  /** A live foreign process that a left-over postmaster.pid names; see README.md, "A pid used again". */
  recycledPid?: number;
  /** Called once, when the server is not ready after five seconds. */
  onSlow(): void;
}

const pollMs = 10;
const slowAfterMs = 5_000;
const logRotationBytes = 10 * 1024 * 1024;

/**
 * Starts the server in a session of its own and waits until it takes connections or exits. There is no deadline: recovery after a crash takes what it
 * takes, and a launcher that gave up half-way would make it begin again at every try.
 */
export async function launchPostmaster(plan: LaunchPlan): Promise<Launched> {
  rotateLog(plan.logPath);
  const log = openSync(plan.logPath, "a", 0o600);
  const logStart = fstatSync(log).size;
  const settings = Object.entries(plan.settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = spawn(plan.postgres, ["-D", plan.pgData, ...settings], {
    cwd: "/",
    // Own session: Ctrl-C reaches the whole process group of a terminal, and would stop the database before the node has drained.
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...cleanEnvironment(), ...(plan.recycledPid === undefined ? {} : { PG_GRANDPARENT_PID: String(plan.recycledPid) }) },
    ...plan.account,
  });
  closeSync(log);
  // The server outlives us by design; neither it nor its event may keep a finished process open.
  server.unref();
  let exited = false;
  server.once("exit", () => (exited = true));
  server.once("error", () => (exited = true));

  const slowTimer = setTimeout(plan.onSlow, slowAfterMs);
  try {
    while (!exited) {
      const state = inspectPostmaster(plan.pgData);
      if (state.kind === "alive" && state.pid === server.pid && state.status === "ready") return { ready: true, pid: state.pid };
      await delay(pollMs);
    }
    return { ready: false, output: readFileSync(plan.logPath).subarray(logStart).toString("utf8") };
  } finally {
    clearTimeout(slowTimer);
  }
}

/** One old log is kept: the server runs for months on a desk, and its log must not grow for as long. */
function rotateLog(logPath: string): void {
  const size = statSync(logPath, { throwIfNoEntry: false })?.size ?? 0;
  if (size > logRotationBytes) renameSync(logPath, `${logPath}.1`);
}
