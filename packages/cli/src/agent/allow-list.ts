import type { Fault } from "@punctual/contract";
import { parseDuration } from "@punctual/schedule";

/** What a command is: text for the shell, or a program with its arguments, which no shell ever reads. */
type Program = { command: string } | { argv: readonly [string, ...string[]]; args?: boolean };

/** A command that the host's owner allows, as the allow-list file has it. */
export type AllowedCommand = Program & {
  /** Default: the user's home, as in cron. */
  cwd?: string;
  /** Added to cron's few variables. SHELL is the shell of `command`, PATH finds the programs, HOME is the default of `cwd`. */
  env?: { readonly [name: string]: string };
  /** Given on standard input, which is empty otherwise. */
  stdin?: string;
  user?: string;
  /** Shortens the job's time limit; never lengthens it. */
  timeout?: string;
  /** The crontab it was imported from: importing that one again replaces it. */
  crontab?: string;
};
export type AllowList = ReadonlyMap<string, AllowedCommand>;

type Fields = { readonly [field: string]: unknown };

/** What a command may be called; a slash or a blank would make it look like a path or a command line, which it never is. */
export const commandName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const text = (value: unknown): value is string => typeof value === "string" && value !== "" && !value.includes("\0");
const texts = (value: unknown): boolean => Array.isArray(value) && value.every((each) => typeof each === "string" && !each.includes("\0"));

/** Of every field: whether a value is one, and what it should be. */
const fields: { readonly [field: string]: { accepts(value: unknown): boolean; expected: string } } = {
  command: { accepts: text, expected: "a text for the shell" },
  argv: { accepts: (value) => texts(value) && text((value as string[])[0]), expected: "a list of texts, the program first" },
  args: { accepts: (value) => typeof value === "boolean", expected: "true or false" },
  cwd: { accepts: (value) => text(value) && value.startsWith("/"), expected: "a path from the root" },
  env: { accepts: isEnvironment, expected: "texts by the name of their variable" },
  stdin: { accepts: (value) => typeof value === "string", expected: "a text" },
  user: { accepts: (value) => text(value) && !value.startsWith("-"), expected: "the name of a user" },
  timeout: { accepts: isDuration, expected: 'a duration such as "10m"' },
  crontab: { accepts: text, expected: "the name of a crontab" },
};

/**
 * Judges the content of an allow-list file: `{ "<name>": { "command": "...", ... } }`.
 *
 * @returns the commands; the faults instead when there is one, for a list that is half understood allows who knows what
 */
export function parseAllowList(value: unknown): { commands: AllowList; faults: readonly Fault[] } {
  if (!isObject(value))
    return { commands: new Map(), faults: [{ pointer: "", message: "must be an object: the commands by their names" }] };
  const faults = Object.entries(value).flatMap(([name, entry]) => faultsOf(name, entry));
  return { commands: new Map(faults.length > 0 ? [] : (Object.entries(value) as [string, AllowedCommand][])), faults };
}

function faultsOf(name: string, entry: unknown): Fault[] {
  const pointer = `/${name}`;
  if (!commandName.test(name))
    return [{ pointer, message: "a command's name is letters, digits, dot, hyphen and underscore, at most 100" }];
  if (!isObject(entry)) return [{ pointer, message: 'must be an object with "command" or "argv"' }];
  return [
    ...programFaults(pointer, entry),
    ...Object.entries(entry).flatMap(([field, value]) => {
      const known = Object.hasOwn(fields, field) ? fields[field] : undefined;
      if (known === undefined)
        return [{ pointer: `${pointer}/${field}`, message: `is no field; the fields are ${Object.keys(fields).join(", ")}` }];
      return known.accepts(value) ? [] : [{ pointer: `${pointer}/${field}`, message: `must be ${known.expected}` }];
    }),
  ];
}

function programFaults(pointer: string, entry: Fields): Fault[] {
  if ((entry.command === undefined) === (entry.argv === undefined)) return [{ pointer, message: 'needs either "command" or "argv"' }];
  if (entry.args !== undefined && entry.argv === undefined) {
    const message = 'goes with "argv" only: what a payload brings must never reach a shell';
    return [{ pointer: `${pointer}/args`, message }];
  }
  return [];
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEnvironment(value: unknown): boolean {
  return isObject(value) && texts(Object.values(value)) && Object.keys(value).every((name) => /^[^=\0]+$/.test(name));
}

function isDuration(value: unknown): boolean {
  if (typeof value !== "string") return false;
  try {
    return parseDuration(value) > 0;
  } catch {
    return false;
  }
}
