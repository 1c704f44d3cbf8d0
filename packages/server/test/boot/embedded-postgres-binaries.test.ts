import { chmodSync, cpSync, lstatSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { locateNativeDir, prepareBinaries } from "../../src/boot/embedded-postgres/binaries.ts";
import { databaseAccount, isRoot, needsRoot, temporaryFolder } from "./embedded-postgres-helpers.ts";

/** The installed package as npm unpacks it when install scripts are off: no links between library names. */
function packageWithoutLinks(): { nativeDir: string; libDir: string; copyDir: string } {
  const folder = temporaryFolder();
  cpSync(join(locateNativeDir(), ".."), join(folder, "package"), { recursive: true, verbatimSymlinks: true });
  const nativeDir = join(folder, "package", "native");
  const libDir = join(nativeDir, "lib");
  for (const name of readdirSync(libDir)) if (lstatSync(join(libDir, name)).isSymbolicLink()) rmSync(join(libDir, name));
  return { nativeDir, libDir, copyDir: join(folder, "copies") };
}

it("completes the library links that npm's install scripts would have made", () => {
  const { nativeDir, copyDir } = packageWithoutLinks();
  const binaries = prepareBinaries(nativeDir, databaseAccount(), copyDir);
  expect(binaries.postgres).toBe(join(nativeDir, "bin", "postgres"));
  expect(binaries.major).toBe("18");
});

it("uses a readable copy when the package is closed to the account, and the same copy the next time", (test) => {
  test.skip(!isRoot, needsRoot);
  const { nativeDir, copyDir } = packageWithoutLinks();
  chmodSync(join(nativeDir, ".."), 0o700);
  const first = prepareBinaries(nativeDir, databaseAccount(), copyDir);
  expect(first.postgres.startsWith(copyDir)).toBe(true);
  const { ino } = statSync(first.postgres);
  expect(prepareBinaries(nativeDir, databaseAccount(), copyDir)).toEqual(first);
  expect(statSync(first.postgres).ino).toBe(ino);
  expect(readdirSync(copyDir)).toHaveLength(1);
});

it("says which system it needs when the programs do not run here", () => {
  const { nativeDir, copyDir } = packageWithoutLinks();
  rmSync(join(nativeDir, "bin", "postgres"));
  expect(() => prepareBinaries(nativeDir, databaseAccount(), copyDir)).toThrow(
    expect.objectContaining({ reason: "unsupported_platform" }) as Error,
  );
});
