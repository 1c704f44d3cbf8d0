import { setTimeout as delay } from "node:timers/promises";
import { inspectPostmaster } from "./postmaster.ts";

const pollMs = 10;
const fastShutdownMs = 30_000;

/**
 * Stops the server on a data folder and waits until it is gone. SIGINT asks for a fast shutdown (open transactions are rolled back, a checkpoint is
 * written); after 30 s SIGQUIT ends it at once, which loses nothing committed but makes the next start recover.
 */
export async function stopPostmaster(pgData: string): Promise<void> {
  const server = inspectPostmaster(pgData);
  if (server.kind !== "alive") return;
  signal(server.pid, "SIGINT");
  const giveUpAt = performance.now() + fastShutdownMs;
  let quitSent = false;
  for (;;) {
    const state = inspectPostmaster(pgData);
    // Another pid means that the server is gone and somebody has started the next one.
    if (state.kind !== "alive" || state.pid !== server.pid) return;
    if (!quitSent && performance.now() > giveUpAt) {
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
