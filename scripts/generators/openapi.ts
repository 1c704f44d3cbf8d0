import { readFile } from "node:fs/promises";
import { openApiDocument } from "../../packages/contract/src/index.ts";

/** docs/reference/openapi.json: what a server of this version serves under /openapi.json. */
export async function generate(): Promise<{ path: string; content: string }[]> {
  const { version } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
  return [{ path: "docs/reference/openapi.json", content: `${JSON.stringify(openApiDocument(version), null, 2)}\n` }];
}
