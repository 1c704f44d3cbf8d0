import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A text file of the repository; `path` is relative to the root, with forward slashes. */
export type SourceFile = { path: string; text: string };

/** The repository's root folder. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

// What git ignores, by name. Asking git would make the checks fail in an unpacked source archive.
const skippedFolders = new Set(["node_modules", "dist", ".git", ".punctual", "coverage", "results"]);

const textExtensions = [".ts", ".tsx", ".js", ".mjs", ".sql", ".md", ".json", ".css", ".html", ".yml", ".yaml", ".toml", ".sh"];
const textNames = new Set(["run", "LICENSE", "NOTICE", ".editorconfig", ".gitignore", ".npmrc"]);

let tree: SourceFile[] | undefined;

/** Every text file of the repository, in a stable order. Read once: the checks look at one state of the tree, and share what they have parsed. */
export function readTree(): SourceFile[] {
  tree ??= listFiles("").map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
  return tree;
}

function listFiles(prefix: string): string[] {
  const entries = readdirSync(join(root, prefix), { withFileTypes: true }).toSorted((a, b) => a.name.localeCompare(b.name));
  return entries.flatMap((entry) => {
    const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) return skippedFolders.has(entry.name) ? [] : listFiles(path);
    return isText(entry.name) ? [path] : [];
  });
}

function isText(name: string): boolean {
  return textNames.has(name) || textExtensions.some((extension) => name.endsWith(extension));
}

/** Whether the file is TypeScript that ships (and not a test, a script or a benchmark). */
export function isShipped(file: SourceFile): boolean {
  return /^packages\/[^/]+\/src\/.+\.tsx?$/.test(file.path) && !file.path.startsWith("packages/testkit/");
}

/** Whether the file is TypeScript or JavaScript of any kind. */
export function isCode(file: SourceFile): boolean {
  return /\.(ts|tsx|js|mjs)$/.test(file.path);
}

/** The 1-based line of an offset. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
