import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startEmbeddedPostgres } from "@punctual/server";

/** The database of a scenario, which can be taken away and brought back at the same address. */
export type FaultDatabase = {
  /** As the nodes are to know it. */
  url: string;
  /** Each server by itself. */
  servers: readonly string[];
  version: string;
  /** Of the server that runs now, or ran last. */
  pid(): number;
  /** Ends the server: `crash` at once, so that the next start recovers; else as an administrator would, closing its connections. */
  down(how: "crash" | "stop"): Promise<void>;
  up(): Promise<void>;
  /** For the end, whatever state it is in. */
  stop(): Promise<void>;
};

const pollMs = 20;
const portTries = 50;

/** @param dataFolder where the data go */
export async function startDatabase(folder: string, settings: Record<string, string>, dataFolder: string): Promise<FaultDatabase> {
  const dataDir = join(dataFolder, "postgres");
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, "port"), `${await quietPort()}\n`);
  const start = () => startEmbeddedPostgres({ dataDir, reachableDir: join(folder, "reachable"), settings });
  let server = await start();
  const url = server.databaseUrl;
  return {
    url,
    servers: [url],
    version: server.version,
    pid: () => server.pid,
    async down(how) {
      if (how === "crash") {
        process.kill(server.pid, "SIGQUIT");
        while (isAlive(server.pid)) await delay(pollMs);
      }
      await server.stop();
    },
    async up() {
      server = await start();
      if (server.databaseUrl !== url)
        throw new Error("Another process took the database's port while it was down; run the scenario again.");
    },
    stop: () => server.stop(),
  };
}

/** Below the range from which the system gives ports to outgoing connections: one of those could take the port, or even connect to itself, while the server is down. */
export async function quietPort(inARow = 1): Promise<number> {
  for (let tries = 0; tries < portTries; tries++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const free = await Promise.all(Array.from({ length: inARow }, (_, offset) => isFree(port + offset)));
    if (free.every(Boolean)) return port;
  }
  throw new Error(`None of ${portTries} ports below 32,000 is free on 127.0.0.1.`);
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise<boolean>((resolve) => {
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

/** Whether there is such a process, of any user. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
