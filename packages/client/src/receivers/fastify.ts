import { bodyMostBytes } from "./body.ts";
import { createReceive, type ReceiverOptions } from "./receive.ts";

export type FastifyReceiverOptions = ReceiverOptions & {
  /** The route, behind the prefix it is registered with, such as `/report`. */
  url: string;
};

type Request = { headers: Readonly<Record<string, string | string[] | undefined>>; body: unknown };
type Reply = { code(status: number): { send(body: string): unknown } };
type ParserDone = (error: Error | null, body: Buffer) => void;

/** The part of a Fastify instance that is used, so that those who use another framework need not install Fastify for its types. */
type FastifyScope = {
  removeAllContentTypeParsers(): unknown;
  addContentTypeParser(
    type: string,
    options: { parseAs: "buffer"; bodyLimit: number },
    parser: (request: unknown, body: Buffer, done: ParserDone) => void,
  ): unknown;
  route(route: {
    method: ("GET" | "POST" | "PUT" | "PATCH" | "DELETE")[];
    url: string;
    handler(request: Request, reply: Reply): Promise<unknown>;
  }): unknown;
};

/**
 * A plugin of Fastify 5 with one route that receives webhooks. The body stays raw there and nowhere else, because a plugin's parsers are its own. What `onRun`
 * rejects with goes to Fastify's error handler and its log.
 *
 * ```ts
 * await app.register(createFastifyReceiver({ url: "/report", secrets, onRun: (run) => report(run.json()) }));
 * ```
 */
export function createFastifyReceiver({ url, ...options }: FastifyReceiverOptions): (scope: FastifyScope) => Promise<void> {
  const receive = createReceive(options);
  return async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: bodyMostBytes }, (_request, body, done) => done(null, body));
    scope.route({
      // Fastify adds HEAD to GET by itself.
      method: ["GET", "POST", "PUT", "PATCH", "DELETE"],
      url,
      handler: async (request, reply) => {
        const { status, body } = await receive(request.headers, Buffer.isBuffer(request.body) ? request.body : "");
        return reply.code(status).send(body);
      },
    });
  };
}
