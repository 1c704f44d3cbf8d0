import { gzipSync } from "node:zlib";
import { build } from "vite";
import { root } from "./tree.ts";

/** What a web page downloads for one import of the schedule package. */
export type BundleSize = { minifiedBytes: number; gzipBytes: number };

/** Bundles an export of an entry of `@punctual/schedule` as a web page's tools do: unused code left out, minified; then gzipped. */
export async function bundleSize(entry: "index" | "core", name: string): Promise<BundleSize> {
  const id = `${root}/bundle-of-${entry}.js`;
  const code = `export { ${name} } from "./packages/schedule/src/${entry}.ts";`;
  const built = await build({
    configFile: false,
    logLevel: "silent",
    root,
    plugins: [{ name: "entry", resolveId: (source) => (source === id ? id : null), load: (source) => (source === id ? code : null) }],
    build: {
      write: false,
      minify: true,
      target: "es2023",
      modulePreload: false,
      rolldownOptions: { input: id, preserveEntrySignatures: "strict" },
    },
  });
  const [output] = [built].flat();
  if (output === undefined || !("output" in output)) throw new Error("the bundler gave nothing");
  const text = output.output[0].code;
  return { minifiedBytes: Buffer.byteLength(text), gzipBytes: gzipSync(text, { level: 9 }).length };
}
