import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Account, chooseAccount } from "./account.ts";
import { type Binaries, locateNativeDir, prepareBinaries } from "./binaries.ts";
import { clusterName, ensureCluster, readPassword } from "./cluster.ts";
import { EmbeddedPostgresError, explainRefusal, useOwnServer } from "./errors.ts";
import { findHome, homePaths, settleHome } from "./home.ts";
import { launchPostmaster } from "./launch.ts";
import { choosePort } from "./ports.ts";
import { inspectPostmaster } from "./postmaster.ts";
import { serverSettings } from "./settings.ts";
import { stopPostmaster } from "./stop.ts";
import { joinUsers } from "./users.ts";

export interface EmbeddedPostgresOptions {
  /** Folder that holds the database and what belongs to it; made if missing. */
  dataDir: string;
  /** Hears one line per step worth telling. Defaults to silence. */
  log?: (line: string) => void;
  /** Server settings by name, over the defaults of settings.ts; without effect on a server that is already running. Defaults to none. */
  settings?: Record<string, string>;
  /** Where root puts what the database's account must reach when `dataDir` lies below a folder only root may enter. Defaults to /var/lib/punctual. */
  reachableDir?: string;
}

export interface EmbeddedPostgres {
  /** `postgres://` URL of the database, with the superuser's password. */
  databaseUrl: string;
  /** Process id of the server. */
  pid: number;
  /** Version of the server's programs, such as "18.4". */
  version: string;
  /** Whether the server was already running: shared with another process, or left by one that was killed. */
  reused: boolean;
  /** Gives the server up; the last of its users stops it and waits until it is gone. Calling it again waits for the same end. */
  stop(): Promise<void>;
}

const pollMs = 20;
const triesForPort = 5;
const leftoverBackendsMs = 15_000;

/**
 * Makes sure that the embedded PostgreSQL of `dataDir` runs: makes the database when there is none, uses the server that already runs, or starts one.
 * Safe to call from several processes at once: one makes and starts, the others share. README.md states the protocol.
 *
 * @throws EmbeddedPostgresError for everything a person can do something about.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => undefined);
  try {
    const dataDir = resolve(options.dataDir);
    const reachableDir = options.reachableDir ?? "/var/lib/punctual";
    const settings = serverSettings(options.settings ?? {});
    const account = chooseAccount(homePaths(findHome(dataDir)).pgData);
    const nativeDir = locateNativeDir();
    const home = settleHome(dataDir, account, reachableDir);
    const binaries = prepareBinaries(nativeDir, account, account === undefined ? home : reachableDir);
    ensureCluster(home, account, binaries, settings["fsync"] !== "off");

    const user = await joinUsers(homePaths(home).users);
    const stopServer = () => stopPostmaster(homePaths(home).pgData);
    try {
      const server = await runServer(home, account, binaries, settings, log);
      let stopped: Promise<void> | undefined;
      return {
        databaseUrl: `postgres://${clusterName}:${readPassword(home)}@127.0.0.1:${server.port}/${clusterName}`,
        pid: server.pid,
        version: binaries.version,
        reused: server.reused,
        stop: () => (stopped ??= user.leave(stopServer)),
      };
    } catch (error) {
      await user.leave(stopServer);
      throw error;
    }
  } catch (error) {
    throw explainRefusal(error);
  }
}

/** Looks and acts until a server is ready: every failed launch leads to a new look, because another process may have been quicker. */
async function runServer(
  home: string,
  account: Account | undefined,
  binaries: Binaries,
  settings: Record<string, string>,
  log: (line: string) => void,
) {
  const paths = homePaths(home);
  const leftoverDeadline = performance.now() + leftoverBackendsMs;
  for (let portTries = 0; ; ) {
    const found = inspectPostmaster(paths.pgData);
    if (found.kind === "unclear") throw locked(found.pid, paths.pgData);
    if (found.kind === "alive" && found.status === "ready") {
      log(`Using the PostgreSQL that already runs in ${home} (pid ${found.pid}).`);
      return { pid: found.pid, port: found.port, reused: true };
    }
    if (found.kind === "alive") {
      await delay(pollMs);
      continue;
    }

    const port = await choosePort(paths.port);
    const launched = await launchPostmaster({
      postgres: binaries.postgres,
      account,
      pgData: paths.pgData,
      logPath: paths.log,
      settings: { ...settings, port: String(port) },
      ...(found.recycledPid === undefined ? {} : { recycledPid: found.recycledPid }),
      onSlow: () => log("PostgreSQL is still starting: it recovers what a crash left behind."),
    });
    if (launched.ready) {
      log(`Started PostgreSQL ${binaries.version} in ${home} (pid ${launched.pid}, port ${port}).`);
      return { pid: launched.pid, port, reused: false };
    }
    const quickerPort = /could not bind|Address already in use/.test(launched.output) && ++portTries < triesForPort;
    const quickerStart = /lock file ".*" already exists/.test(launched.output) && inspectPostmaster(paths.pgData).kind === "alive";
    // Between making its lock file and writing into it, another server looks like the remnant of a crash, which it may also be.
    const quickerLock = /lock file ".*" is empty/.test(launched.output) && performance.now() < leftoverDeadline;
    // The server was killed and one of its backends has not noticed yet: it still holds the shared memory, and the new server rightly refuses.
    const leftover = launched.output.includes("is still in use") && performance.now() < leftoverDeadline;
    if (!quickerPort && !quickerStart && !quickerLock && !leftover) throw notStarting(launched.output, paths.log);
    await delay(pollMs);
  }
}

function locked(pid: number, pgData: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    "locked",
    `Process ${pid} works on ${pgData}, but it is not the server that the folder's postmaster.pid describes.`,
    `Stop it (kill -INT ${pid}), then start again.`,
  );
}

function notStarting(output: string, logPath: string): EmbeddedPostgresError {
  const lines = output.trim().split("\n");
  const cause = lines.find((line) => /\b(FATAL|PANIC|error):/.test(line)) ?? lines.at(-1) ?? "";
  const why = cause.replace(/^.*?(FATAL|PANIC):\s*/, "") || "it exited without a word";
  return new EmbeddedPostgresError(
    "not_starting",
    `The embedded PostgreSQL does not start: ${why}`,
    `See ${logPath} for more, or ${useOwnServer}.`,
  );
}
