import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type Answer, sendAnswer } from "./answer.ts";

/** One request as it arrived, kept once its body is complete. */
export interface ReceivedRequest {
  method: string;
  /** Path with query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** When the headers arrived, by this process's clock. */
  receivedAtMs: number;
}

/** A real HTTP server on a free loopback port that keeps what it is sent and answers as it is told. */
export interface Receiver {
  url: string;
  /** In the order their bodies were complete. */
  requests: readonly ReceivedRequest[];
  /** TCP connections accepted so far: tells whether callers reuse them. */
  connectionCount(): number;
  /** The answer to every request from now on; a function decides per request. Until told otherwise: 200, empty. */
  answer(answer: Answer | ((request: ReceivedRequest) => Answer)): void;
  /** Resolves once so many requests have arrived, or the predicate holds for all that have. Rejects after `timeoutMs` (5 s) naming what did arrive. */
  waitFor(
    condition: number | ((requests: readonly ReceivedRequest[]) => boolean),
    options?: { timeoutMs?: number },
  ): Promise<readonly ReceivedRequest[]>;
  /** Tears every connection down, hanging ones too. */
  stop(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  const watchers = new Set<() => void>();
  let connections = 0;
  let decide: (request: ReceivedRequest) => Answer = () => ({});

  const server = createServer((incoming, response) => {
    receive(incoming)
      .then((request) => {
        requests.push(request);
        for (const watch of [...watchers]) watch();
        return sendAnswer(response, decide(request));
      })
      // A caller that gives up while sending is an event of the test, not an error of the receiver; a broken answer function must not look like success.
      .catch(() => response.destroy());
  });
  server.on("connection", () => connections++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    connectionCount: () => connections,
    answer(answer) {
      decide = typeof answer === "function" ? answer : () => answer;
    },
    waitFor(condition, { timeoutMs = 5_000 } = {}) {
      const holds = typeof condition === "number" ? () => requests.length >= condition : () => condition(requests);
      return new Promise((resolve, reject) => {
        const finish = (settle: () => void) => {
          clearTimeout(timer);
          watchers.delete(watch);
          settle();
        };
        const watch = () => holds() && finish(() => resolve(requests));
        const timer = setTimeout(() => finish(() => reject(new Error(describeWait(condition, timeoutMs, requests)))), timeoutMs);
        watchers.add(watch);
        watch();
      });
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function receive(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const receivedAtMs = Date.now();
  const { method = "", url: path = "", headers } = incoming;
  return { method, path, headers, body: await text(incoming), receivedAtMs };
}

function describeWait(condition: unknown, timeoutMs: number, requests: readonly ReceivedRequest[]): string {
  const wished = typeof condition === "number" ? `${condition} requests` : "the condition to hold";
  const arrived = requests.map((request) => `${request.method} ${request.path}`).join(", ");
  return `expected ${wished} within ${timeoutMs} ms, got ${requests.length}: ${arrived || "nothing"}`;
}
