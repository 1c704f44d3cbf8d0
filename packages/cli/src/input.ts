import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import { CliError } from "./cli-error.ts";
import type { Io } from "./io.ts";

/** The text of a file, or of standard input for `-`. */
export async function readText(io: Io, path: string): Promise<string> {
  if (path === "-") return io.readStdin();
  try {
    return await readFile(resolve(io.cwd, path), "utf8");
  } catch (error) {
    throw new CliError("file_unreadable", `${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** A JSON value: written out, or `@file`, or `-` for standard input. `flag` is named in the error. */
export async function readJson(io: Io, flag: string, text: string): Promise<unknown> {
  const source = text === "-" ? await readText(io, "-") : text.startsWith("@") ? await readText(io, text.slice(1)) : text;
  try {
    return JSON.parse(source) as unknown;
  } catch (error) {
    throw new CliError("usage", `${flag} is not JSON: ${(error as Error).message}.`, {
      remedy: `Text is JSON in double quotes: '"hello"'.`,
    });
  }
}

/** Reads a file that holds one JSON object; `what` it should be is named in the error. */
export async function readObject(io: Io, path: string, what: string): Promise<{ [field: string]: unknown }> {
  const value = await readJson(io, `--file ${path}`, path === "-" ? "-" : await readText(io, path));
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as { [field: string]: unknown };
  throw new CliError("usage", `--file ${path} must hold one JSON object, ${what}.`);
}

/** Parser of a whole number, for options. Its range is the server's to judge. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

/** Parser of a whole number above zero, for options that only the command line reads. */
export function positiveNumber(text: string): number {
  const number = wholeNumber(text);
  if (number === 0) throw new InvalidArgumentError("It must be at least 1.");
  return number;
}

/** The object without the fields nobody gave. */
export function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** Collector of an option that may be repeated. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** Splits each `key=value` or `Name: value`; `flag` is named in the error. */
export function pairs(flag: string, separator: "=" | ":", texts: readonly string[]): { [key: string]: string } {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf(separator);
      if (at < 1)
        throw new CliError("usage", `${flag} "${text}" has no ${separator === "=" ? "key" : "name"} in front of a "${separator}".`);
      return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
    }),
  );
}
