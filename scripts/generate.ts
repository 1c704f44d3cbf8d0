// Writes the reference from the code it describes. `npm run generate` writes, `--check` fails and names what is stale.
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

type Generated = { path: string; content: string };
type Generator = { generate(): Promise<Generated[]> };

const root = new URL("../", import.meta.url);
const generators = new URL("./generators/", import.meta.url);

const check = process.argv.includes("--check");
const stale: string[] = [];
for (const file of await generateAll()) {
  const address = new URL(file.path, root);
  const current = await readFile(address, "utf8").catch(() => null);
  if (current === file.content) continue;
  stale.push(file.path);
  if (check) continue;
  await mkdir(new URL(`${dirname(file.path)}/`, root), { recursive: true });
  await writeFile(address, file.content);
}
report();

/** Every file of generators/ exports `generate`; paths are relative to the repository. */
async function generateAll(): Promise<Generated[]> {
  const names = (await readdir(generators)).filter((name) => name.endsWith(".ts")).sort();
  const outputs = names.map(async (name) => ((await import(new URL(name, generators).href)) as Generator).generate());
  return (await Promise.all(outputs)).flat();
}

function report(): void {
  if (stale.length === 0) return console.log("generated files are up to date");
  if (!check) return console.log(stale.map((path) => `wrote ${path}`).join("\n"));
  console.error(`${stale.map((path) => `${path} is stale`).join("\n")}\nRun: npm run generate`);
  process.exitCode = 1;
}
