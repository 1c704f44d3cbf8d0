import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Child, startChild } from "./child.ts";
import type { ReceiverUrls } from "./drafts.ts";
import { followLedger, type Ledger } from "./ledger.ts";
import { cleanEnvironment } from "./node.ts";

/** The receiver in a process of its own, and the ledger that it writes. */
export type Receiver = { child: Child; urls: ReceiverUrls; ledger: Ledger; ledgerPath: string };

const readyMs = 30_000;

/** Spawns the receiver, whose ledger lies in `folder`; whoever calls ends the child. Resolve `ready` before anything is sent to it. */
export function spawnReceiver(folder: string): { child: Child; ready: Promise<Receiver> } {
  const ledgerPath = join(folder, "ledger.jsonl");
  const program = fileURLToPath(new URL("receiver.ts", import.meta.url));
  const args = ["--import", import.meta.resolve("tsx"), program, ledgerPath, join(folder, "data", "signing-secret")];
  const child = startChild("receiver", args, { cwd: folder, env: cleanEnvironment() });
  const ready = child.line(/^listening on (\d+)$/, readyMs).then((port) => {
    const origin = `http://127.0.0.1:${port}`;
    return { child, urls: { quick: `${origin}/`, slow: `${origin}/slow` }, ledger: followLedger(ledgerPath), ledgerPath };
  });
  return { child, ready };
}
