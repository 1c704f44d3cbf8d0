import { fileURLToPath } from "node:url";
import { type Child, startChild } from "../../lib/child.ts";
import { cleanEnvironment } from "../../lib/node.ts";
import type { Counts, Mode } from "./modes.ts";

/** A process between the nodes and their database, with a way of its own for each place. */
export type DatabaseProxy = {
  child: Child;
  /** The database's address as the node of a place is to know it. */
  url(place: number): string;
  /** @returns what the way has seen so far */
  set(place: number, mode: Mode, delayMs?: number): Promise<Counts>;
  /** Puts the way into a mode as soon as the node sends one of these prepared statements, which is the first that the mode concerns. @returns which, or null: none came in time */
  trap(place: number, mode: Mode, statements: readonly string[], timeoutMs: number): Promise<string | null>;
};

const readyMs = 30_000;

/** Starts the process; whoever calls ends it. */
export function spawnProxy(databaseUrl: string, ways: number): { child: Child; ready: Promise<DatabaseProxy> } {
  const program = fileURLToPath(new URL("program.ts", import.meta.url));
  const args = ["--import", import.meta.resolve("tsx"), program, new URL(databaseUrl).port, String(ways)];
  const child = startChild("proxy", args, { cwd: "/", env: cleanEnvironment() });
  const ready = child.line(/^listening on (.+)$/, readyMs).then((line): DatabaseProxy => {
    const [control, ...ports] = line.split(" ");
    return {
      child,
      url(place) {
        const url = new URL(databaseUrl);
        url.port = ports[place] ?? "";
        return url.href;
      },
      async set(place, mode, delayMs = 0) {
        const answer = await fetch(`http://127.0.0.1:${control}/${place}/${mode}?delayMs=${delayMs}`, { method: "POST" });
        if (!answer.ok) throw new Error(`the proxy answered ${answer.status} to ${mode} for way ${place}`);
        return (await answer.json()) as Counts;
      },
      async trap(place, mode, statements, timeoutMs) {
        const query = new URLSearchParams([["mode", mode], ...statements.map((name): [string, string] => ["statement", name])]);
        const request = { method: "POST", signal: AbortSignal.timeout(timeoutMs) };
        const answer = await fetch(`http://127.0.0.1:${control}/${place}/trap?${query}`, request).catch((error: Error) => {
          if (error.name === "TimeoutError") return null;
          throw error;
        });
        return answer && ((await answer.json()) as { statement: string }).statement;
      },
    };
  });
  return { child, ready };
}
