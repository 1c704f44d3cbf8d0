import { setTimeout as delay } from "node:timers/promises";

/** Everything of the outside world that a verb may touch, so that tests run verbs without a process. */
export type Io = {
  out(text: string): void;
  err(text: string): void;
  env: { readonly [name: string]: string | undefined };
  cwd: string;
  nowMs(): number;
  sleep(ms: number): Promise<void>;
  /** The zone of this machine's clock. */
  timezone: string;
  readStdin(): Promise<string>;
  /** On a terminal, a line that the next one replaces, and an empty one takes away; nothing elsewhere. */
  progress(text: string): void;
  /** Whether standard output may be coloured. */
  colour: boolean;
  /** What the process will exit with when no error does; a verb that did only a part of its work sets `partial`. */
  exitCode: number;
};

/** The world of a real process. */
export function processIo(): Io {
  ignoreClosedPipes();
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    env: process.env,
    cwd: process.cwd(),
    nowMs: Date.now,
    sleep: (ms) => delay(ms),
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    readStdin,
    progress: (text) => void (process.stderr.isTTY === true && process.stderr.write(`\r\u001b[K${text}`)),
    colour: process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb",
    exitCode: 0,
  };
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * `punctual jobs list | head` closes our pipe when it has seen enough: what is left goes nowhere, which is nothing to complain about. The process is not ended
 * here, because a node whose log reader went away must go on, and must stop in order when its time comes.
 */
function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
}
