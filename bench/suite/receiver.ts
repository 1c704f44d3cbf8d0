import { fileURLToPath } from "node:url";
import { startChild } from "../lib/child.ts";
import { cleanEnvironment } from "../lib/node.ts";
import type { Context } from "./scenario.ts";
import type { Stage } from "./stage.ts";

export type Receiver = {
  url: string;
  /** @returns how many requests came in all, and how many had a signature */
  stop(): Promise<{ requests: number; signed: number }>;
};

const readyMs = 30_000;

/** Starts the receiver (programs/receiver.ts) in a process of its own. */
export async function startReceiver({ cleanup }: Context, stage: Stage): Promise<Receiver> {
  const program = fileURLToPath(new URL("programs/receiver.ts", import.meta.url));
  const child = startChild("receiver", ["--import", import.meta.resolve("tsx"), program], { cwd: stage.folder, env: cleanEnvironment() });
  cleanup.add(() => child.signal("SIGKILL"));
  const port = await child.line(/^listening on (\d+)$/, readyMs);
  return {
    url: `http://127.0.0.1:${port}/hook`,
    async stop() {
      child.signal("SIGTERM");
      await child.ended;
      return JSON.parse(await child.line(/^received (.*)$/, readyMs)) as { requests: number; signed: number };
    },
  };
}
