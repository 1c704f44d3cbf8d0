import ts from "typescript";
import { commentsOf, lineOf, parse, walk } from "./syntax.ts";
import { isCode, isShipped, lineAt, type SourceFile } from "./tree.ts";
import type { Violation } from "./violation.ts";

const marker = /\b(TODO|FIXME|XXX|HACK)\b/g;
const testFunctions = new Set(["it", "test", "describe", "context", "ctx"]);
const silencing = new Set(["skip", "skipIf", "runIf", "todo", "fails"]);

/** Notes to self, in comments of any language. */
export function findMarkers(files: readonly SourceFile[]): Violation[] {
  return files
    .filter((file) => !file.path.startsWith("checks/") && file.path !== "CONTRIBUTING.md")
    .flatMap((file) => {
      const pieces = isCode(file) ? commentsOf(file) : [{ text: file.text, line: 1 }];
      return pieces.flatMap((piece) =>
        [...piece.text.matchAll(marker)].map((match) => ({
          path: file.path,
          line: piece.line + lineAt(piece.text, match.index) - 1,
          message: `${match[0]}: do it now, or open an issue and leave the code whole`,
        })),
      );
    });
}

/**
 * Tests that are left out without a reason, and `.only`, which leaves out all the others. The reason stands in a comment on the line above, or, in a test that
 * decides while it runs, as the second argument of `skip(condition, reason)`.
 */
export function findSilencedTests(files: readonly SourceFile[]): Violation[] {
  return files.filter((file) => file.path.endsWith(".test.ts")).flatMap(silencedIn);
}

function silencedIn(file: SourceFile): Violation[] {
  const source = parse(file);
  const lines = file.text.split("\n");
  const found: Violation[] = [];
  walk(source, (node) => {
    if (!ts.isPropertyAccessExpression(node) || !testFunctions.has(node.expression.getText(source))) return;
    const line = lineOf(source, node);
    const name = node.getText(source);
    if (node.name.text === "only") found.push({ path: file.path, line, message: `${name} leaves out every other test of the file` });
    if (silencing.has(node.name.text) && !isComment(lines[line - 2]) && !carriesReason(node)) {
      found.push({ path: file.path, line, message: `${name} without its reason: put a comment on the line above` });
    }
  });
  return found;
}

function isComment(line: string | undefined): boolean {
  return line !== undefined && /^\s*(\/\/|\*|\/\*)/.test(line);
}

// `test.skip(!isRoot, "only root can ...")` inside a test, against `test.skip("name", () => {})` around one.
function carriesReason(node: ts.PropertyAccessExpression): boolean {
  if (node.name.text !== "skip" || !ts.isCallExpression(node.parent)) return false;
  const [condition, reason] = node.parent.arguments;
  return condition !== undefined && reason !== undefined && !ts.isStringLiteralLike(condition) && !ts.isFunctionLike(reason);
}

const testDoor = /^_*(__test|testOnly|forTests?(Only)?|isTest|inTests?|testMode|TEST_ONLY)/;

/** Switches for tests in shipped code: an option that only a test sets is a second product nobody runs. */
export function findTestDoors(files: readonly SourceFile[]): Violation[] {
  return files.filter(isShipped).flatMap((file) => {
    const source = parse(file);
    const found: Violation[] = [];
    walk(source, (node) => {
      const named = ts.isIdentifier(node) && (testDoor.test(node.text) || node.text === "VITEST" || node.text === "NODE_ENV");
      if (!named) return;
      found.push({
        path: file.path,
        line: lineOf(source, node),
        message: `${node.text}: a door for tests; hand the part in through a parameter that production uses too`,
      });
    });
    return found;
  });
}
