import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { builtPackages, root } from "./repository.mjs";
import { SetUpError } from "./set-up-error.mjs";

// In node_modules because it is about this machine and goes with what the build came from.
const stampPath = join(root, "node_modules", ".punctual-built");

/** Compiles the packages when a source has changed since the last build. Asking tsc itself costs half a second, the fingerprint a few milliseconds. */
export function ensureBuilt() {
  const fingerprint = fingerprintSources();
  if (isBuilt(fingerprint)) return;
  console.error("Building ...");
  const { status, error, stdout } = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-b"], { cwd: root, encoding: "utf8" });
  if (status !== 0) {
    console.error((stdout || error?.message || "").trimEnd());
    if (/EACCES|EPERM|EROFS/.test(stdout ?? "")) {
      throw new SetUpError(`The build could not be written to ${root}: give this user the folder, or clone it where it may write.`, 14);
    }
    throw new SetUpError("The sources do not compile, for the reasons above.", 1);
  }
  writeStamp(fingerprint);
}

function isBuilt(fingerprint) {
  if (!builtPackages().every((folder) => existsSync(join(folder, "dist", ".tsbuildinfo")))) return false;
  return existsSync(stampPath) && readFileSync(stampPath, "utf8") === fingerprint;
}

/** Names, sizes and modification times of everything tsc reads from this repository. */
function fingerprintSources() {
  const hash = createHash("sha256");
  const files = ["package-lock.json", "tsconfig.json", "tsconfig.base.json"].map((name) => join(root, name));
  for (const folder of builtPackages()) {
    files.push(join(folder, "package.json"), join(folder, "tsconfig.json"));
    for (const entry of readdirSync(join(folder, "src"), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) files.push(join(entry.parentPath, entry.name));
    }
  }
  for (const file of files.sort()) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

function writeStamp(fingerprint) {
  try {
    writeFileSync(stampPath, fingerprint);
  } catch (error) {
    throw new SetUpError(`${stampPath} cannot be written (${error.code}): give this user the folder.`, 14);
  }
}
