import { isCode, type SourceFile } from "./tree.ts";
import type { Violation } from "./violation.ts";

/** A file that is longer than the aim, how long it may be at most, and why it is one file. */
export type LongFile = { lines: number; reason: string };

/** Lines a file may have without an explanation. */
export const aimLines = 250;
/** Lines no file may have, explained or not. */
export const wallLines = 400;

/**
 * Files above the aim, by path. A ratchet: an entry may shrink or go, and its number is the file's size today, so that it cannot grow back. A new entry
 * needs a reason a reader would accept, and "no time to split it" is not one.
 */
export const longFiles: Readonly<Record<string, LongFile>> = {};

/** Code and SQL files that are too long, and entries of the list that are out of date. */
export function findLongFiles(files: readonly SourceFile[], list: Readonly<Record<string, LongFile>> = longFiles): Violation[] {
  const watched = files.filter((file) => (isCode(file) || /\.(sql|css)$/.test(file.path)) && !/generated/.test(file.path));
  const known = new Set(watched.map((file) => file.path));
  const gone = Object.keys(list).filter((path) => !known.has(path));
  return [
    ...watched.flatMap((file) => verdict(file.path, linesOf(file.text), list[file.path])),
    ...gone.map((path) => ({ path, line: 1, message: "is on the list of long files but does not exist: remove the entry" })),
  ];
}

function linesOf(text: string): number {
  return text.endsWith("\n") ? text.split("\n").length - 1 : text.split("\n").length;
}

function verdict(path: string, lines: number, entry: LongFile | undefined): Violation[] {
  const say = (message: string): Violation[] => [{ path, line: Math.min(lines, aimLines + 1), message }];
  if (lines > wallLines) return say(`has ${lines} lines, and ${wallLines} is the wall: split it by idea`);
  if (lines > aimLines && entry === undefined)
    return say(`has ${lines} lines, more than ${aimLines}: split it by idea, or explain it in checks/lib/length.ts`);
  if (entry === undefined) return [];
  if (lines > entry.lines) return say(`has grown from ${entry.lines} to ${lines} lines; the list may only shrink`);
  if (lines <= aimLines) return say(`has ${lines} lines now: remove it from the list of long files`);
  return lines < entry.lines ? say(`has shrunk to ${lines} lines: lower its entry from ${entry.lines}`) : [];
}
