import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { root } from "./repository.mjs";
import { SetUpError } from "./set-up-error.mjs";

/** Installs the locked packages when what is installed differs from the lock file. The output is shown only when it fails. */
export function ensureInstalled() {
  if (isInstalled()) return;
  console.log("Installing packages (this happens once, and again when the lock file changes) ...");
  // Not `npm ci`: it refuses a lock file without the optional packages of other platforms, and where a registry mirror carries only one platform npm writes
  // just such a file. With a lock file `install` takes the same versions and checks the same hashes; --no-save leaves the file as it is.
  const npmArguments = ["install", "--no-save", "--no-audit", "--no-fund", "--include=dev", "--include=optional"];
  const { status, error, stdout, stderr } = runNpm(npmArguments);
  if (status === 0) return;
  const output = `${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}`;
  console.error(output.trimEnd());
  throw explain(output);
}

/**
 * Compares the lock file with the one npm keeps of what it has installed. No stamp of ours: an `npm install` by hand counts, a node_modules that was
 * removed does not.
 */
function isInstalled() {
  const wanted = readPackages("package-lock.json");
  const installed = readPackages("node_modules/.package-lock.json");
  if (installed === undefined) return false;
  return Object.entries(wanted ?? {}).every(([path, entry]) => {
    if (path === "") return true;
    const found = installed[path];
    // npm leaves out what is for another platform, and notes nothing about it.
    if (found === undefined) return entry.optional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

/** @returns {Record<string, { version?: string, integrity?: string, optional?: boolean }> | undefined} */
function readPackages(lockFile) {
  try {
    return JSON.parse(readFileSync(join(root, lockFile), "utf8")).packages;
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

function runNpm(npmArguments) {
  const options = { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 };
  // Under `npm start` the npm that runs us is the one to use; it may be another than the first on the path.
  const running = process.env.npm_execpath;
  if (running !== undefined && basename(running) === "npm-cli.js") return spawnSync(process.execPath, [running, ...npmArguments], options);
  return spawnSync("npm", npmArguments, options);
}

/** @param {string} output */
function explain(output) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network/.test(output)) {
    return new SetUpError(
      "The packages could not be fetched: check the network, or npm's registry and proxy settings, and start again.",
      7,
    );
  }
  if (/EACCES|EPERM|EROFS/.test(output)) {
    return new SetUpError(`The packages could not be written to ${root}: give this user the folder, or clone it where it may write.`, 14);
  }
  if (/EBADENGINE/.test(output)) return new SetUpError("This Node or npm is too old: Punctual needs Node 20.19 and npm 10, or newer.", 15);
  if (/ENOSPC/.test(output)) return new SetUpError("The disk is full: the packages need about 500 MB.", 14);
  return new SetUpError("npm could not install the packages, for the reasons above.", 1);
}
