import { readFile, rename, stat, unlink, writeFile } from "node:fs/promises";
import { CliError } from "../cli-error.ts";
import { type AllowedCommand, type AllowList, parseAllowList } from "./allow-list.ts";

/** Who may write the file may run anything as the agent's user; so it is either that user or root, and nobody else. */
const writableByOthers = 0o022;

/**
 * Reads the allow-list file of an agent.
 *
 * @param uid the agent's user
 * @throws CliError `file_unreadable`; `rights_missing` when others could have written it; `configuration_invalid` with every fault
 */
export async function readAllowFile(path: string, uid: number): Promise<AllowList> {
  const { uid: owner, mode } = await stat(path).catch((error: unknown) => unreadable(path, error));
  if (owner !== 0 && owner !== uid) {
    throw new CliError(
      "rights_missing",
      `${path} belongs to user ${owner}, who could allow anything; it must be root's or the agent's own (${uid}).`,
      {
        remedy: `chown it, for instance: chown ${uid} ${path}`,
      },
    );
  }
  if ((mode & writableByOthers) !== 0) {
    throw new CliError("rights_missing", `${path} can be written by others than its owner, who could allow anything.`, {
      remedy: `chmod go-w ${path}`,
    });
  }
  return parsed(path, await readFile(path, "utf8").catch((error: unknown) => unreadable(path, error)));
}

/**
 * Puts the commands of one crontab into the file, and keeps or removes the others that it had of it; those of other origin stay. A file that is not there is
 * made, for its owner alone. It is replaced whole, so that an agent never reads half a list.
 *
 * @throws CliError as {@link readAllowFile}, or `rights_missing` when it cannot be written
 */
export async function writeCrontabCommands(path: string, crontab: string, commands: AllowList, others: "keep" | "remove"): Promise<void> {
  const before = await commandsIn(path);
  const kept = [...before].filter(([name, entry]) => (others === "keep" || entry.crontab !== crontab) && !commands.has(name));
  await replaceFile(path, allowListText([...kept, ...commands]));
}

/** The content of an allow-list file. */
export function allowListText(commands: Iterable<readonly [string, AllowedCommand]>): string {
  return `${JSON.stringify(Object.fromEntries(commands), null, 2)}\n`;
}

async function commandsIn(path: string): Promise<AllowList> {
  try {
    return parsed(path, await readFile(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Map();
    return error instanceof CliError ? Promise.reject(error) : unreadable(path, error);
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const mode = await stat(path).then(
    (before) => before.mode & 0o777,
    () => 0o600,
  );
  const beside = `${path}.${process.pid}.new`;
  try {
    await writeFile(beside, text, { mode, flag: "wx" });
    await rename(beside, path);
  } catch (error) {
    await unlink(beside).catch(() => undefined);
    throw new CliError("rights_missing", `${path} cannot be written (${(error as NodeJS.ErrnoException).code}).`, {
      remedy: "Name another file with --allow-file, or leave it out: the list is then printed.",
    });
  }
}

function parsed(path: string, text: string): AllowList {
  const { commands, faults } = parseAllowList(parseJson(path, text));
  if (faults.length === 0) return commands;
  throw new CliError("configuration_invalid", `${path} is no allow-list.`, { faults, remedy: "docs/guides/agent.md shows one." });
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new CliError("configuration_invalid", `${path} is not JSON: ${(error as Error).message}.`, {
      remedy: "docs/guides/agent.md shows an allow-list.",
    });
  }
}

function unreadable(path: string, error: unknown): never {
  throw new CliError("file_unreadable", `${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
}
