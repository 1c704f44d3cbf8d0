import ts from "typescript";
import { lineOf, parse, stringsOf, walk } from "./syntax.ts";
import { isShipped, type SourceFile } from "./tree.ts";
import type { Violation } from "./violation.ts";

/** Where the catalogue lives; its entries may be spread over several files there. */
export const catalogueFolder = "packages/contract/src/";

// The classes whose code reaches a user.
const raisingClasses = new Set(["PunctualError", "ScheduleError"]);

/** One entry of the catalogue and where it stands. */
export type CatalogueEntry = { code: string; path: string; line: number };

/** The entries a file adds to the catalogue: `code: { ..., exit, ..., remedy }`. Known by its form, so that the catalogue can be split into files by idea. */
export function entriesOf(file: SourceFile): CatalogueEntry[] {
  const source = parse(file);
  const entries: CatalogueEntry[] = [];
  walk(source, (node) => {
    if (!ts.isPropertyAssignment(node) || !ts.isObjectLiteralExpression(node.initializer)) return;
    const parts = new Set(node.initializer.properties.map((property) => property.name?.getText(source)));
    if (!parts.has("exit") || !parts.has("remedy")) return;
    entries.push({ code: node.name.getText(source).replace(/"/g, ""), path: file.path, line: lineOf(source, node) });
  });
  return entries;
}

/** Codes that are raised but not in the catalogue, and codes of the catalogue that nothing raises. */
export function findErrorDrift(files: readonly SourceFile[]): Violation[] {
  const entries = files.filter((file) => file.path.startsWith(catalogueFolder)).flatMap(entriesOf);
  const known = new Set(entries.map((entry) => entry.code));
  const users = files.filter((file) => isShipped(file) && !file.path.startsWith(catalogueFolder));
  const spoken = new Set(users.flatMap((file) => stringsOf(file).map((piece) => piece.text)));
  const unknown = users
    .flatMap((file) => raisedBy(file).map((raised) => ({ ...raised, path: file.path })))
    .filter(({ code }) => !known.has(code));
  const unused = entries.filter(({ code }) => !spoken.has(code));
  return [
    ...unknown.map(({ code, path, line }) => unknownCode(path, code, line)),
    ...unused.map(({ code, path, line }) => ({
      path,
      line,
      message: `"${code}" is in the catalogue but nothing raises it: remove it, or raise it`,
    })),
  ];
}

function unknownCode(path: string, code: string, line: number): Violation {
  return {
    path,
    line,
    message: `"${code}" is raised but not in the catalogue: add it to ${catalogueFolder}errors.ts with status, exit code and remedy`,
  };
}

function raisedBy(file: SourceFile): { code: string; line: number }[] {
  const source = parse(file);
  const raised: { code: string; line: number }[] = [];
  walk(source, (node) => {
    if (!ts.isNewExpression(node) || !raisingClasses.has(node.expression.getText(source))) return;
    const first = node.arguments?.[0];
    if (first === undefined) return;
    const code = ts.isObjectLiteralExpression(first) ? codeProperty(first) : first;
    if (code !== undefined && ts.isStringLiteral(code)) raised.push({ code: code.text, line: lineOf(source, node) });
  });
  return raised;
}

function codeProperty(object: ts.ObjectLiteralExpression): ts.Expression | undefined {
  const property = object.properties.find((candidate) => ts.isPropertyAssignment(candidate) && candidate.name.getText() === "code");
  return property !== undefined && ts.isPropertyAssignment(property) ? property.initializer : undefined;
}
