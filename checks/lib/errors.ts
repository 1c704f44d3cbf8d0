import ts from "typescript";
import { lineOf, parse, stringsOf, walk } from "./syntax.ts";
import { isShipped, type SourceFile } from "./tree.ts";
import type { Violation } from "./violation.ts";

/** Where the catalogue lives. */
export const cataloguePath = "packages/contract/src/errors.ts";

// The classes whose code reaches a user.
const raisingClasses = new Set(["PunctualError", "ScheduleError"]);

/** The codes of the catalogue with their lines: the keys of the object handed to `define(...)`, or assigned to `errorCatalogue`. */
export function catalogueOf(file: SourceFile): Map<string, number> {
  const source = parse(file);
  const codes = new Map<string, number>();
  walk(source, (node) => {
    if (!ts.isVariableDeclaration(node) || node.name.getText(source) !== "errorCatalogue" || node.initializer === undefined) return;
    const value = ts.isCallExpression(node.initializer) ? node.initializer.arguments[0] : node.initializer;
    if (value === undefined || !ts.isObjectLiteralExpression(value)) return;
    for (const property of value.properties) {
      if (property.name !== undefined) codes.set(property.name.getText(source).replace(/"/g, ""), lineOf(source, property));
    }
  });
  return codes;
}

/** Codes that are raised but not in the catalogue, and codes of the catalogue that nothing raises. */
export function findErrorDrift(files: readonly SourceFile[]): Violation[] {
  const catalogueFile = files.find((file) => file.path === cataloguePath);
  if (catalogueFile === undefined) return [];
  const catalogue = catalogueOf(catalogueFile);
  const users = files.filter((file) => isShipped(file) && file.path !== cataloguePath);
  const spoken = new Set(users.flatMap((file) => stringsOf(file).map((piece) => piece.text)));
  const unused = [...catalogue].filter(([code]) => !spoken.has(code));
  return [
    ...users.flatMap((file) =>
      raisedBy(file)
        .filter(({ code }) => !catalogue.has(code))
        .map(({ code, line }) => unknownCode(file.path, code, line)),
    ),
    ...unused.map(([code, line]) => ({
      path: cataloguePath,
      line,
      message: `"${code}" is in the catalogue but nothing raises it: remove it, or raise it`,
    })),
  ];
}

function unknownCode(path: string, code: string, line: number): Violation {
  return {
    path,
    line,
    message: `"${code}" is raised but not in the catalogue: add it to ${cataloguePath} with status, exit code and remedy`,
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
