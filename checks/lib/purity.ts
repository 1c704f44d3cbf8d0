import ts from "typescript";
import { lineOf, parse, walk } from "./syntax.ts";
import { isShipped, type SourceFile } from "./tree.ts";
import type { Violation } from "./violation.ts";

const pureFolders = ["packages/schedule/src/", "packages/server/src/model/"];

// Each name with the fact it smuggles in. A pure function gets that fact as an argument, so a test can choose it.
const impureCalls = new Map([
  ["Date.now", "reads the clock"],
  ["Date", "reads the clock"],
  ["performance.now", "reads the clock"],
  ["process.hrtime", "reads the clock"],
  ["process.hrtime.bigint", "reads the clock"],
  ["Temporal.Now.instant", "reads the clock"],
  ["Math.random", "draws a random number"],
  ["crypto.randomUUID", "draws a random number"],
  ["crypto.getRandomValues", "draws a random number"],
  ["setTimeout", "starts a timer"],
  ["setInterval", "starts a timer"],
  ["setImmediate", "starts a timer"],
  ["queueMicrotask", "starts a timer"],
  ["fetch", "calls the network"],
]);

// One road to the environment and one way to stop the process: boot/. Reading them elsewhere hides an option from the generated reference.
const processMembers = new Map([
  ["env", "reads the environment: add the option to the configuration schema in boot/ and take the value as an argument"],
  ["exit", "ends the process: throw a PunctualError and let boot/ choose the exit code"],
  ["argv", "reads the command line: only the CLI and boot/ do"],
]);

/** Impure calls in the packages and rooms that must be pure. */
export function findImpurities(files: readonly SourceFile[]): Violation[] {
  return files
    .filter((file) => pureFolders.some((folder) => file.path.startsWith(folder)) && file.path.endsWith(".ts"))
    .flatMap(impuritiesOf);
}

function impuritiesOf(file: SourceFile): Violation[] {
  const source = parse(file);
  const found: Violation[] = [];
  const report = (node: ts.Node, message: string): void => {
    found.push({ path: file.path, line: lineOf(source, node), message: `${message}; this code is pure, pass the value in` });
  };
  walk(source, (node) => {
    if (ts.isCallExpression(node)) {
      const name = node.expression.getText(source).replace(/^globalThis\./, "");
      const fact = impureCalls.get(name);
      if (fact !== undefined) report(node, `${name}() ${fact}`);
    }
    if (ts.isNewExpression(node) && node.expression.getText(source) === "Date" && (node.arguments?.length ?? 0) === 0) {
      report(node, "new Date() without an argument reads the clock");
    }
    if (ts.isIdentifier(node) && node.text === "process" && isGlobalUse(node)) report(node, "process is the outside world");
    if (ts.isImportDeclaration(node) && isImpureImport(node)) report(node, `${node.moduleSpecifier.getText(source)} is the outside world`);
  });
  return found;
}

// A hash is a function of its input like any other, and ids and shards are made of hashes; the rest of node:crypto draws random numbers.
function isImpureImport(node: ts.ImportDeclaration): boolean {
  if (!ts.isStringLiteral(node.moduleSpecifier) || !node.moduleSpecifier.text.startsWith("node:")) return false;
  const names = node.importClause?.namedBindings;
  const onlyHashes =
    names !== undefined &&
    ts.isNamedImports(names) &&
    names.elements.every((element) => ["createHash", "hash"].includes(element.name.text));
  return node.moduleSpecifier.text !== "node:crypto" || !onlyHashes;
}

function isGlobalUse(node: ts.Identifier): boolean {
  const parent = node.parent;
  return ts.isPropertyAccessExpression(parent) && parent.expression === node;
}

/** Uses of process.env, process.exit and process.argv outside boot/ and the CLI. */
export function findProcessDoors(files: readonly SourceFile[]): Violation[] {
  const watched = files.filter(isShipped).filter((file) => !/^packages\/(cli\/src|server\/src\/boot)\//.test(file.path));
  return watched.flatMap(processDoorsOf);
}

function processDoorsOf(file: SourceFile): Violation[] {
  const source = parse(file);
  const found: Violation[] = [];
  walk(source, (node) => {
    if (!ts.isPropertyAccessExpression(node) || node.expression.getText(source) !== "process") return;
    const reason = processMembers.get(node.name.text);
    if (reason !== undefined) found.push({ path: file.path, line: lineOf(source, node), message: `process.${node.name.text} ${reason}` });
  });
  return found;
}
