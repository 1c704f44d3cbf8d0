import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../../../cli/bin/punctual.js", import.meta.url));

/** A `punctual` process of its own, with everything it wrote. */
export type NodeProcess = {
  child: ChildProcess;
  output(): string;
  /** Resolves with the URL it serves, rejects with its output if it ends before it serves. */
  serving: Promise<string>;
  exited: Promise<number | null>;
};

export function startProcess(args: readonly string[], env: Record<string, string> = {}, cwd?: string): NodeProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(PUNCTUAL|DATABASE)_|^VITEST/.test(name));
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...Object.fromEntries(inherited), ...env },
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const exited = once(child, "close").then(([code]) => code as number | null);
  const serving = new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      output += chunk.toString();
      const url = /Punctual serves (http:\S+)/.exec(output)?.[1];
      if (url) resolve(url);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    exited.then((code) => reject(new Error(`expected the node to serve, it ended with ${code}:\n${output}`)), reject);
  });
  serving.catch(() => {});
  return { child, output: () => output, serving, exited };
}

/** A data folder for `punctual dev`, with the key it keeps there. */
export function dataFolder(): { path: string; read(name: string): string; apiKey(): string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "punctual-node-"));
  const read = (name: string): string => readFileSync(join(path, name), "utf8").trim();
  return { path, read, apiKey: () => read("api-key"), remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** One request of the API; rejects on an answer that is not 2xx. */
export async function api(url: string, key: string, method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}
