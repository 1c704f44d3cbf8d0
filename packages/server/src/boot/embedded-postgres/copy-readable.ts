import { randomBytes } from "node:crypto";
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Copies a folder so that everybody can read it and execute its programs, whatever our umask is. The copy appears under its name at once and complete
 * (made aside, then renamed), so two starts at the same time, or one that dies half-way, leave no broken copy. `finish` runs on the copy before it appears.
 */
export function copyReadable(source: string, target: string, finish: (copy: string) => void): void {
  makeEnterableDir(dirname(target));
  const aside = `${target}.making-${randomBytes(6).toString("hex")}`;
  try {
    copyTree(source, aside);
    finish(aside);
    renameSync(aside, target);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    const madeByAnother = ["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "");
    if (!madeByAnother) throw error;
  }
}

function copyTree(source: string, target: string): void {
  mkdirSync(target);
  chmodSync(target, 0o755);
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const from = join(source, entry.name);
    const to = join(target, entry.name);
    if (entry.isDirectory()) copyTree(from, to);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(from), to);
    else {
      copyFileSync(from, to);
      chmodSync(to, (statSync(from).mode & 0o100) === 0 ? 0o644 : 0o755);
    }
  }
}

/** Like `mkdir -p`, but every folder made can be entered by everybody in spite of the umask; folders that exist are left as they are. */
export function makeEnterableDir(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false }) !== undefined) return;
  makeEnterableDir(dirname(folder));
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
}
