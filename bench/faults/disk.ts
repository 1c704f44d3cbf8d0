import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmdirSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Given } from "./options.ts";

/** A small file system that the database has to itself, which can be filled to the last byte. */
export type Disk = {
  folder: string;
  /** Takes what is free. Calling it again takes what has become free meanwhile. */
  fill(): void;
  /** Gives it back. */
  free(): void;
  /** For the end. */
  unmount(): void;
};

const sizeMb = 320;
/** Whoever gives a folder of a larger one has probably given the wrong one. */
const mostBytes = 2 * 1024 ** 3;
const chunks = [1024 * 1024, 4096, 1].map((bytes) => Buffer.alloc(bytes, "x"));

/**
 * @param parent where it is mounted
 * @param given a folder of a small file system, for users who may not mount; null to mount one
 * @throws Error with a sentence for people
 */
export function createDisk(parent: string, given: string | null): Disk {
  const folder = given ?? join(parent, "disk");
  if (given === null) mount(folder);
  else requireSmall(given);
  const ballast = join(folder, "ballast");
  return {
    folder,
    fill() {
      const file = openSync(ballast, "a");
      try {
        // Ever smaller pieces: the last large one does not fit, though there is room left.
        for (const chunk of chunks) while (fits(file, chunk));
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(ballast, { force: true }),
    unmount() {
      rmSync(ballast, { force: true });
      if (given === null) spawnSync("umount", ["-l", folder]);
      else rmSync(join(folder, "postgres"), { recursive: true, force: true });
    },
  };
}

/** Why there can be none here, or null. */
export function diskMissing({ disk }: Given): string | null {
  if (disk !== null) return null;
  const folder = mkdtempSync(join(tmpdir(), "punctual-disk-"));
  try {
    mount(folder);
    spawnSync("umount", [folder]);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    rmdirSync(folder);
  }
}

function mount(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const { status, error, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${sizeMb}m,mode=755`, "punctual-faults", folder]);
  if (status === 0) return;
  const [why] = (error?.message ?? stderr.toString()).trim().split("\n");
  throw new Error(`this user may not mount a small file system (${why}); --disk names one that is there, see docs/operating/faults.md.`);
}

function requireSmall(folder: string): void {
  const { blocks, bsize } = statfsSync(folder);
  if (blocks * bsize <= mostBytes) return;
  throw new Error(`${folder} is on a file system of more than 2 GB. It would be filled to the last byte: give one that is there for that.`);
}

function fits(file: number, chunk: Buffer): boolean {
  try {
    return writeSync(file, chunk) > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") return false;
    throw error;
  }
}
