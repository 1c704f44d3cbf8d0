import { setTimeout as delay } from "node:timers/promises";
import { inspectPostmaster } from "./postmaster.ts";
import { lookUpProcess } from "./process-lookup.ts";

const pollMs = 10;
const fastShutdownMs = 30_000;

/**
 * Stops the server on a data folder and waits until it is gone. SIGINT asks for a fast shutdown (open transactions are rolled back, a checkpoint is
 * written); after 30 s SIGQUIT ends it at once, which loses nothing committed but makes the next start recover.
 */
export async function stopPostmaster(pgData: string): Promise<void> {
  const server = inspectPostmaster(pgData);
  const identity = server.kind === "alive" ? lookUpProcess(server.pid)?.identity : undefined;
  if (server.kind !== "alive" || identity === undefined) return;
  signal(server.pid, "SIGINT");
  const quitAt = performance.now() + fastShutdownMs;
  let quitSent = false;
  // The process, not postmaster.pid, which the server removes a few milliseconds before it is gone.
  while (lookUpProcess(server.pid)?.identity === identity) {
    if (!quitSent && performance.now() > quitAt) {
      signal(server.pid, "SIGQUIT");
      quitSent = true;
    }
    await delay(pollMs);
  }
}

function signal(pid: number, name: "SIGINT" | "SIGQUIT"): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It ended by itself in the meantime.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
