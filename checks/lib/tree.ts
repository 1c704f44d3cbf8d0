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

/** Every text file below `folder`, in a stable order. */
export function readTree(folder: string = root): SourceFile[] {
  return listFiles(folder, "").map((path) => ({ path, text: readFileSync(join(folder, path), "utf8") }));
}

function listFiles(folder: string, prefix: string): string[] {
  const entries = readdirSync(join(folder, prefix), { withFileTypes: true }).toSorted((a, b) => a.name.localeCompare(b.name));
  return entries.flatMap((entry) => {
    const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) return skippedFolders.has(entry.name) ? [] : listFiles(folder, path);
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
