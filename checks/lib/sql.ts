import ts from "typescript";
import { lineOf, parse, stringsOf, walk } from "./syntax.ts";
import { isShipped, type SourceFile } from "./tree.ts";
import type { Violation } from "./violation.ts";

// The embedded launcher speaks to the server it has just made, before there is a schema to have a store for.
const speakers = /^packages\/server\/src\/(store|boot\/embedded-postgres)\//;

// Statements, not words: "update the job from" in a sentence must pass, `update jobs set` must not.
const statement =
  /\b(select\b[\s\S]+?\bfrom\s+[a-z_?"]|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s|create\s+(table|index|schema|database|function|type)\s|alter\s+(table|system|role)\s|drop\s+(table|index|schema|database)\s|truncate\s+table\s|listen\s+[a-z_]+$|select\s+(pg_|set_config|current_setting|now\(|1$))/i;

/** SQL text and database calls in shipped code outside the store. */
export function findForeignSql(files: readonly SourceFile[]): Violation[] {
  const silent = files.filter((file) => isShipped(file) && !speakers.test(file.path));
  return silent.flatMap((file) => [...statementsOf(file), ...databaseCallsOf(file)]);
}

// Behind a pooler in transaction mode the next statement has another session. The three that may: settings of connections that are no pooler's, the wake line and
// migrations, which go past it.
const mayUseSessions = /^packages\/server\/src\/store\/(database|listener|migrate)\.ts$/;
const sessionState = /(^|;)\s*(set\s+(?!local\b)\w|reset\s|listen\s|discard\s|prepare\s)|\bpg_(try_)?advisory_lock(_shared)?\(/i;

/** Statements of the store that leave something to their session, which a pooler in transaction mode gives to somebody else. */
export function findSessionState(files: readonly SourceFile[]): Violation[] {
  const bound = files.filter((file) => file.path.startsWith("packages/server/src/store/") && !mayUseSessions.test(file.path));
  return bound
    .flatMap((file) => stringsOf(file).map((piece) => ({ path: file.path, line: piece.line, text: piece.text })))
    .filter(({ text }) => sessionState.test(text.trim()))
    .map(({ path, line }) => ({
      path,
      line,
      message: "leaves something to the session, which is lost behind a pooler: use `set local` or pg_advisory_xact_lock in a transaction",
    }));
}

function statementsOf(file: SourceFile): Violation[] {
  return stringsOf(file)
    .filter((piece) => looksLikeSql(piece.text))
    .map((piece) => ({
      path: file.path,
      line: piece.line,
      message: "SQL outside store/: make it a named statement there and call its function",
    }));
}

// SQL in this house is written in lower case; a sentence in an error or a help text begins with a capital and ends with a full stop.
function looksLikeSql(text: string): boolean {
  return statement.test(text) && !/^[A-Z][a-z].*\.$/s.test(text.trim());
}

function databaseCallsOf(file: SourceFile): Violation[] {
  const source = parse(file);
  const found: Violation[] = [];
  walk(source, (node) => {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression) || node.expression.name.text !== "query") return;
    found.push({ path: file.path, line: lineOf(source, node), message: ".query() outside store/: call a function of the store instead" });
  });
  return found;
}
