import { lineAt, type SourceFile } from "./tree.ts";
import type { Violation } from "./violation.ts";

/** What belongs to one machine or to how the work was done, and never to the product. */
const outsiders: readonly { pattern: RegExp; message: string }[] = [
  {
    // The home of a system user in a crontab example is fine; a developer's folder is not.
    pattern: /(?<![\w.:/}~-])\/(work|tmp|root|Users)\/[\w.-]+/g,
    message: "a path of one machine: use a relative path, or the operating system's folder for temporary files",
  },
  {
    pattern: /\b(registry\.npmjs\.org|registry\.npmmirror\.com|[\w.-]*artifactory[\w.-]*\.\w+|localhost:4873)/g,
    message: "a package registry: leave the choice to npm's own settings",
  },
  { pattern: /\bdesign\.md\b|\.\.\/shared\//g, message: "a document outside the repository: say it here, or link a page of docs/" },
  { pattern: /\bissue #?\d+\b/gi, message: "an issue by number: say what it was about; the reader may not have the list" },
];

// The checks quote what they forbid. The lock file is npm's.
const spared = /^(checks\/|package-lock\.json$)/;

/** Machine paths, registry hosts and pointers to documents outside the repository. */
export function findOutsiders(files: readonly SourceFile[]): Violation[] {
  return files
    .filter((file) => !spared.test(file.path))
    .flatMap((file) =>
      outsiders.flatMap(({ pattern, message }) =>
        [...file.text.matchAll(pattern)].map((match) => ({
          path: file.path,
          line: lineAt(file.text, match.index),
          message: `${match[0]} is ${message}`,
        })),
      ),
    );
}
