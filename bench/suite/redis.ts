import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { type AddressInfo, createConnection, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Context } from "./scenario.ts";

export type Redis = { url: string; pid: number; stop(): Promise<void> };

const triesMost = 100;

/** A Redis server of the system, with its own defaults and the given flags, in a folder that goes with the stage's. */
export async function startRedis({ cleanup }: Context, folder: string, flags: readonly string[]): Promise<Redis> {
  const port = await freePort();
  const dir = mkdtempSync(join(folder, "redis-"));
  const server = spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, ...flags], { stdio: "ignore" });
  const failed = once(server, "error").then(([error]) => Promise.reject(error as Error));
  const ended = once(server, "exit");
  cleanup.add(() => void server.kill("SIGKILL"));
  await Promise.race([failed, untilOpen(port)]);
  failed.catch(() => {});
  return {
    url: `redis://127.0.0.1:${port}`,
    pid: server.pid ?? -1,
    async stop() {
      server.kill("SIGKILL");
      await ended;
    },
  };
}

async function untilOpen(port: number): Promise<void> {
  for (let tries = 1; ; tries++) {
    const socket = createConnection(port, "127.0.0.1");
    const open = await Promise.race([once(socket, "connect").then(() => true), once(socket, "error").then(() => false)]).catch(() => false);
    socket.destroy();
    if (open) return;
    if (tries === triesMost) throw new Error("redis-server does not listen");
    await delay(50);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
