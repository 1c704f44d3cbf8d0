import type { IncomingMessage, ServerResponse } from "node:http";
import { readBody } from "./body.ts";
import { createReceive, type ReceiverOptions } from "./receive.ts";

export type NodeReceiverOptions = ReceiverOptions & {
  /** Hears what `onRun` or `seen` rejected with. Without a default: a failure nobody hears of is a run that is retried for no visible reason. */
  onError(error: unknown): void;
};

/**
 * A request listener of node:http that takes every request for a webhook.
 *
 * ```ts
 * createServer(createNodeReceiver({ secrets, onRun: (run) => report(run.json()), onError: console.error })).listen(3000);
 * ```
 */
export function createNodeReceiver({
  onError,
  ...options
}: NodeReceiverOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const receive = createReceive(options);
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request).catch(() => undefined);
    if (body === undefined) return; // The sender has gone; it records the lost connection itself.
    if (body === null) return refuseLong(response);
    try {
      const { status, body: text } = await receive(request.headers, body);
      response.writeHead(status).end(text);
    } catch (error) {
      response.writeHead(500).end();
      onError(error);
    }
  };
  return (request, response) => {
    answer(request, response).catch(onError);
  };
}

/** Answers a body that is too long, and closes the connection, whose rest nobody wants to read. */
export function refuseLong(response: ServerResponse): void {
  response.writeHead(413, { connection: "close" }).end();
}
