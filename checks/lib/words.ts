import { type Prose, proseOf } from "./markdown.ts";
import { commentsOf, identifiersOf, stringsOf } from "./syntax.ts";
import { isCode, lineAt, type SourceFile } from "./tree.ts";
import type { Violation } from "./violation.ts";
import { bannedClaims, bannedWords, denial, type WordException, wordExceptions } from "./words-list.ts";

// The checks name the words in order to forbid them.
const spared = /^checks\//;

/** Banned synonyms in identifiers, SQL and documents. */
export function findBannedWords(files: readonly SourceFile[], exceptions: readonly WordException[] = wordExceptions): Violation[] {
  return wordUses(files)
    .filter((use) => !isExcused(use, exceptions))
    .map(({ path, line, message }) => ({ path, line, message }));
}

/** Exceptions that excuse nothing any more. */
export function findIdleExceptions(files: readonly SourceFile[], exceptions: readonly WordException[] = wordExceptions): Violation[] {
  const uses = wordUses(files);
  return exceptions
    .filter((exception) => !uses.some((use) => isExcused(use, [exception])))
    .map((exception) => ({
      path: "checks/lib/words-list.ts",
      line: 1,
      message: `the exception ${exception.path} ${exception.word} excuses nothing: remove it`,
    }));
}

type WordUse = Violation & { word: string };

function isExcused(use: WordUse, exceptions: readonly WordException[]): boolean {
  return exceptions.some((exception) => exception.path.test(use.path) && exception.word.test(use.word));
}

function wordUses(files: readonly SourceFile[]): WordUse[] {
  return files
    .filter((file) => !spared.test(file.path))
    .flatMap((file) => namesOf(file).flatMap((piece) => splitWords(piece.text).flatMap((word) => useOf(file.path, piece.line, word))));
}

function useOf(path: string, line: number, word: string): WordUse[] {
  const banned = bannedWords.find((candidate) => candidate.pattern.test(word));
  if (banned === undefined) return [];
  return [{ path, line, word, message: `"${word}": write ${banned.instead} (${banned.why})` }];
}

// Comments of TypeScript are left alone: they must be able to speak of other systems' words. Names cannot.
function namesOf(file: SourceFile): Prose[] {
  if (isCode(file)) return identifiersOf(file);
  if (file.path.endsWith(".sql")) return linesOf(file.text);
  if (file.path.endsWith(".md")) return proseOf(file.text);
  return [];
}

function linesOf(text: string): Prose[] {
  return text.split("\n").map((line, index) => ({ text: line, line: index + 1 }));
}

/** `deadLetterDLQ_count` -> dead, letter, dlq, count. */
export function splitWords(text: string): string[] {
  return text
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .split(/[^A-Za-z]+/)
    .filter((word) => word !== "")
    .map((word) => word.toLowerCase());
}

/** Promises we do not make: in documents, comments and strings, unless the sentence denies them. */
export function findClaims(files: readonly SourceFile[]): Violation[] {
  return files.filter((file) => !spared.test(file.path)).flatMap(claimsOf);
}

function claimsOf(file: SourceFile): Violation[] {
  if (isCode(file)) return [...commentsOf(file), ...stringsOf(file)].flatMap((piece) => claimsIn(file.path, piece.text, piece.line));
  if (/\.(md|sql|html)$/.test(file.path)) return claimsIn(file.path, file.text, 1);
  return [];
}

function claimsIn(path: string, text: string, firstLine: number): Violation[] {
  return bannedClaims.flatMap(({ pattern, why }) =>
    [...text.matchAll(new RegExp(pattern, "gi"))]
      .filter((match) => !denial.test(sentenceAround(text, match.index)))
      .map((match) => ({ path, line: firstLine + lineAt(text, match.index) - 1, message: `"${match[0]}" is not promised: ${why}` })),
  );
}

// From the last full stop, blank line or table cell before the offset up to the offset itself: a denial stands before what it denies.
function sentenceAround(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const start = Math.max(before.lastIndexOf(". "), before.lastIndexOf(".\n"), before.lastIndexOf("\n\n"), before.lastIndexOf("|"));
  return before.slice(start + 1);
}
