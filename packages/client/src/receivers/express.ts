import type { IncomingMessage, ServerResponse } from "node:http";
import { readBody } from "./body.ts";
import { refuseLong } from "./node-http.ts";
import { createReceive, type ReceiverOptions } from "./receive.ts";

/** A request of node:http, with what a body parser in front may have made of its body. */
type ExpressRequest = IncomingMessage & { body?: unknown };

/**
 * Middleware of Express (4 or 5), or of anything else that calls `(req, res, next)` with the objects of node:http. What `onRun` rejects with goes to `next`.
 *
 * It reads the body itself, since parsed JSON cannot be verified: mount it in front of `express.json()`, or give the route `express.raw({ type: () => true })`.
 *
 * ```ts
 * app.use("/punctual", createExpressReceiver({ secrets, onRun: (run) => report(run.json()) }));
 * app.use(express.json());
 * ```
 */
export function createExpressReceiver(
  options: ReceiverOptions,
): (request: ExpressRequest, response: ServerResponse, next: (error?: unknown) => void) => Promise<void> {
  const receive = createReceive(options);
  return async (request, response, next) => {
    try {
      const body = await rawBody(request);
      if (body === null) return refuseLong(response);
      const { status, body: text } = await receive(request.headers, body);
      response.writeHead(status).end(text);
    } catch (error) {
      next(error);
    }
  };
}

function rawBody(request: ExpressRequest): Promise<Buffer | null> | Buffer {
  if (Buffer.isBuffer(request.body)) return request.body;
  if (!request.readableDidRead) return readBody(request);
  throw new TypeError("the body was parsed before the receiver saw it: mount the receiver in front of express.json()");
}
