import { randomBytes } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PunctualError } from "@punctual/contract";

/** What `punctual dev` keeps beside the database: an API key, the signing secret and the encryption key, each readable by its owner only. */
export type DataFolder = {
  path: (name: string) => string;
  read(name: string): string | null;
  /** Writes a secret with mode 0600, whole or not at all. */
  write(name: string, text: string): void;
  /** Reads a secret, or makes it; of two that make it at once, both get the same. */
  readOrMake(name: string, make: () => string): string;
};

export const newEncryptionKey = (): string => randomBytes(32).toString("base64");

/** @throws PunctualError rights_missing */
export function openDataFolder(folder: string): DataFolder {
  const path = (name: string): string => join(folder, name);
  guarded(folder, () => mkdirSync(folder, { recursive: true }));
  const read = (name: string): string | null =>
    guarded(path(name), () => {
      try {
        return readFileSync(path(name), "utf8").trim();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
        throw error;
      }
    });
  const writeAside = (name: string, text: string): string => {
    const aside = path(`${name}.${process.pid}.${randomBytes(4).toString("hex")}`);
    writeFileSync(aside, `${text}\n`, { mode: 0o600, flag: "wx" });
    return aside;
  };
  return {
    path,
    read,
    write: (name, text) =>
      guarded(path(name), () => {
        writeFileSync(path(name), `${text}\n`, { mode: 0o600 });
        chmodSync(path(name), 0o600);
      }),
    readOrMake: (name, make) =>
      guarded(path(name), () => {
        const known = read(name);
        if (known !== null) return known;
        const aside = writeAside(name, make());
        try {
          // A link fails when the name exists, a rename would replace what another start has just written.
          linkSync(aside, path(name));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        } finally {
          rmSync(aside, { force: true });
        }
        return read(name) ?? "";
      }),
  };
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EACCES" && code !== "EPERM" && code !== "EROFS" && code !== "ENOTDIR") throw error;
    throw new PunctualError("rights_missing", `${path} cannot be read or written (${code}).`, { cause: error });
  }
}
