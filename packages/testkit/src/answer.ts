import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** How a receiver answers one request. Everything left out is the plain case: at once, 200, empty body. */
export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  /** Text, or a number of bytes to make up. */
  body?: string | { bytes: number };
  /** Time between the request's end and the answer's first byte. */
  delayMs?: number;
  /** Sends the body in pieces of so many bytes, with a pause after each. */
  drip?: { bytes: number; pauseMs: number };
  /** `hang`: no answer, the connection stays open. `reset`: no answer, the connection is torn down. */
  refuse?: "hang" | "reset";
}

/** Sends the answer; stops in the middle, without an error, when the caller has gone away. */
export async function sendAnswer(response: ServerResponse, answer: Answer): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  try {
    if (answer.delayMs !== undefined) await delay(answer.delayMs, undefined, { signal: gone.signal });
    if (answer.refuse === "hang") return;
    if (answer.refuse === "reset") {
      response.socket?.resetAndDestroy();
      return;
    }
    response.writeHead(answer.status ?? 200, answer.headers);
    const pieceBytes = answer.drip?.bytes ?? 64 * 1024;
    for (const piece of pieces(bodyOf(answer), pieceBytes)) {
      if (!response.write(piece)) await drained(response, gone.signal);
      if (answer.drip !== undefined) await delay(answer.drip.pauseMs, undefined, { signal: gone.signal });
    }
    response.end();
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  }
}

function bodyOf({ body = "" }: Answer): Buffer {
  return typeof body === "string" ? Buffer.from(body) : Buffer.alloc(body.bytes, "x");
}

function* pieces(body: Buffer, pieceBytes: number): Generator<Buffer> {
  for (let start = 0; start < body.length; start += pieceBytes) yield body.subarray(start, start + pieceBytes);
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    response.once("drain", resolve);
    signal.addEventListener("abort", () => reject(new Error("the caller has gone away")), { once: true });
  });
}
