import { posix } from "node:path";
import { anchorsOf, linksOf } from "./markdown.ts";
import type { SourceFile } from "./tree.ts";
import type { Violation } from "./violation.ts";

/**
 * Relative links and anchors of documents that lead nowhere. Links to the web are not followed: a check must give the same answer without a network.
 *
 * @param files every file with its text; documents among them are read
 * @param exists whether a path relative to the root exists (a file or a folder)
 */
export function findBrokenLinks(files: readonly SourceFile[], exists: (path: string) => boolean): Violation[] {
  const documents = new Map(files.filter((file) => file.path.endsWith(".md")).map((file) => [file.path, file.text]));
  return [...documents].flatMap(([path, text]) =>
    linksOf(text).flatMap(({ target, line }) => {
      const problem = problemOf(path, target, documents, exists);
      return problem === undefined ? [] : [{ path, line, message: problem }];
    }),
  );
}

function problemOf(
  from: string,
  target: string,
  documents: ReadonlyMap<string, string>,
  exists: (path: string) => boolean,
): string | undefined {
  if (/^(https?:|mailto:)/.test(target)) return undefined;
  if (/^[a-z][a-z+.-]*:/i.test(target)) return `the link ${target} has a scheme that no reader's browser opens`;
  if (target.startsWith("/")) return `the link ${target} is absolute: write it relative to this document`;
  const [file = "", anchor] = target.split("#");
  const path = file === "" ? from : posix.normalize(posix.join(posix.dirname(from), decodeURIComponent(file)));
  if (path.startsWith("..")) return `the link ${target} leaves the repository`;
  if (!exists(path)) return `the link ${target} leads nowhere: there is no ${path}`;
  const text = documents.get(path);
  if (anchor === undefined || text === undefined) return undefined;
  return anchorsOf(text).has(anchor.toLowerCase()) ? undefined : `the link ${target} names a heading that ${path} does not have`;
}
