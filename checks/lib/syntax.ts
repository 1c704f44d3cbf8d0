import ts from "typescript";
import { lineAt, type SourceFile } from "./tree.ts";

/** A piece of a syntax tree with the line it starts on. */
export type Piece = { text: string; line: number };

const parsed = new WeakMap<SourceFile, ts.SourceFile>();

/** The syntax tree of a file. Parsing only: no types are looked up, so a few hundred files take a fraction of a second. */
export function parse(file: SourceFile): ts.SourceFile {
  const known = parsed.get(file);
  if (known !== undefined) return known;
  const source = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ESNext, true);
  parsed.set(file, source);
  return source;
}

/** Calls `visit` for the node and everything below it. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  node.forEachChild((child) => walk(child, visit));
}

/** The 1-based line a node starts on. */
export function lineOf(source: ts.SourceFile, node: ts.Node): number {
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
}

/** The contents of every string and template of a file; the holes of a template read as `?`. */
export function stringsOf(file: SourceFile): Piece[] {
  const source = parse(file);
  const found: Piece[] = [];
  walk(source, (node) => {
    if (ts.isStringLiteralLike(node)) found.push({ text: node.text, line: lineOf(source, node) });
    if (ts.isTemplateExpression(node)) {
      const text = node.head.text + node.templateSpans.map((span) => `?${span.literal.text}`).join("");
      found.push({ text, line: lineOf(source, node) });
    }
  });
  return found;
}

/** Every identifier of a file, once for each line it stands on. */
export function identifiersOf(file: SourceFile): Piece[] {
  const source = parse(file);
  const found = new Map<string, Piece>();
  walk(source, (node) => {
    if (!ts.isIdentifier(node)) return;
    const piece = { text: node.text, line: lineOf(source, node) };
    found.set(`${piece.line}:${piece.text}`, piece);
  });
  return [...found.values()];
}

/** Every comment of a TypeScript file. A comment mark inside a string or a pattern is not one, which is why the scanner and not a search finds them. */
export function commentsOf(file: SourceFile): Piece[] {
  const source = parse(file);
  const found = new Map<number, Piece>();
  const collect = (ranges: readonly ts.CommentRange[] | undefined): void => {
    for (const range of ranges ?? [])
      found.set(range.pos, { text: file.text.slice(range.pos, range.end), line: lineAt(file.text, range.pos) });
  };
  walk(source, (node) => {
    collect(ts.getLeadingCommentRanges(file.text, node.getFullStart()));
    collect(ts.getTrailingCommentRanges(file.text, node.getEnd()));
  });
  collect(ts.getLeadingCommentRanges(file.text, source.endOfFileToken.getFullStart()));
  return [...found.values()];
}
