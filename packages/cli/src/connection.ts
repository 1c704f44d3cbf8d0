import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Client, createClient } from "@punctual/client";
import type { Command } from "commander";
import { CliError } from "./cli-error.ts";
import type { Io } from "./io.ts";

export type ConnectionOptions = { server?: string; apiKey?: string };
/** A key, and where it was found, for messages. */
export type FoundKey = { key: string; from: string };

const defaultServer = "http://127.0.0.1:8080";
const keyFile = join(".punctual", "api-key");

/** Adds the flags that say where the server is. */
export function withConnection(command: Command): Command {
  return command
    .option("--server <url>", `address of the server (PUNCTUAL_SERVER; default: ${defaultServer})`)
    .option(
      "--api-key <key>",
      "API key (PUNCTUAL_API_KEY; default: .punctual/api-key of the nearest folder upwards, for a server on this machine)",
    );
}

/** @throws CliError `usage` for an address that is none, `unauthorized` when there is no key to send */
export function connect(io: Io, options: ConnectionOptions): Client {
  const baseUrl = serverUrl(io, options);
  return createClient({ baseUrl, apiKey: requireKey(io, options, baseUrl).key });
}

export function serverUrl(io: Io, options: ConnectionOptions): string {
  const url = options.server ?? io.env.PUNCTUAL_SERVER ?? defaultServer;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new CliError("usage", `"${url}" is not the address of a server.`, {
      remedy: `Write it with http:// or https://, such as ${defaultServer}.`,
    });
  }
  return url;
}

function requireKey(io: Io, options: ConnectionOptions, baseUrl: string): FoundKey {
  const found = findKey(io, options, baseUrl);
  if (found !== undefined) return found;
  const searched = isLoopback(baseUrl) ? `, and neither ${io.cwd} nor a folder above it has ${keyFile}` : "";
  throw new CliError("unauthorized", `No API key: neither --api-key nor PUNCTUAL_API_KEY is set${searched}.`, {
    remedy: isLoopback(baseUrl)
      ? "Run this in the folder where `npm start` ran, or set PUNCTUAL_API_KEY."
      : "Set PUNCTUAL_API_KEY; the key kept in a folder belongs to the server on this machine and is sent nowhere else.",
  });
}

/** The key to send to this server. A key that lies in a folder was made by a node on this machine; sending it elsewhere would give it away. */
export function findKey(io: Pick<Io, "cwd" | "env">, options: ConnectionOptions, baseUrl: string): FoundKey | undefined {
  if (options.apiKey !== undefined) return { key: options.apiKey, from: "--api-key" };
  if (io.env.PUNCTUAL_API_KEY) return { key: io.env.PUNCTUAL_API_KEY, from: "PUNCTUAL_API_KEY" };
  if (!isLoopback(baseUrl)) return undefined;
  const dataDir = io.env.PUNCTUAL_DATA_DIR;
  return (dataDir ? readKeyFile(resolve(io.cwd, dataDir, "api-key")) : undefined) ?? findKeyFile(io.cwd);
}

function findKeyFile(folder: string): FoundKey | undefined {
  const found = readKeyFile(join(folder, keyFile));
  if (found !== undefined) return found;
  const parent = dirname(folder);
  return parent === folder ? undefined : findKeyFile(parent);
}

function readKeyFile(path: string): FoundKey | undefined {
  const key = readIfThere(path)?.trim();
  return key ? { key, from: path } : undefined;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new CliError("file_unreadable", `${path} cannot be read (${code}).`, { remedy: "Check its rights, or set PUNCTUAL_API_KEY." });
  }
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}
