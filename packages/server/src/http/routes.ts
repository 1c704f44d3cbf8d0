import { limits, type OperationId, PunctualError, type Route, routes } from "@punctual/contract";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Operations } from "../commands/index.ts";
import type { CommandContext } from "../commands/operation.ts";
import type { Database } from "../store/database.ts";
import type { Cipher } from "../store/secrets.ts";
import { answerOnce, type Outcome, type Result } from "./answer-once.ts";
import { type Authenticate, authenticateCompletion } from "./auth.ts";
import { fingerprintOf, readIdempotencyKey } from "./idempotency.ts";
import { type Input, readInput } from "./input.ts";

export type RouteParts = {
  db: Database;
  cipher: Cipher;
  operations: Operations;
  wake(shard: number): void;
  authenticate: Authenticate;
};

/** What the table promises for each operation singly, for all of them at once: the loop below cannot know which one it holds. */
type AnyOperation = (context: CommandContext, request: Input) => Promise<Result>;

/**
 * Serves every route of the contract's table. What a route takes, needs and answers stands in the table; this is the one way from a request to an
 * operation: key and scope, then the schemas, then once for its idempotency key.
 *
 * @throws TypeError when an operation of the table has no implementation: at start, not at its first request
 */
export function registerRoutes(app: FastifyInstance, parts: RouteParts): void {
  for (const [operationId, route] of Object.entries(routes) as [OperationId, Route][]) {
    const operation = parts.operations[operationId] as unknown as AnyOperation | undefined;
    if (!operation) throw new TypeError(`the operation ${operationId} has no implementation`);
    app.route({
      method: route.method,
      url: toFastifyPath(route.path),
      bodyLimit: operationId === "createJobsBulk" ? limits.bulkBodyBytes : limits.bodyBytes,
      // Before the body is read: whoever has no key cannot make the server read megabytes.
      onRequest: async (request) => {
        const { authorization } = request.headers;
        request.caller =
          route.scope === "completion"
            ? authenticateCompletion(parts.cipher, authorization, (request.params as { runId: string }).runId)
            : await parts.authenticate(authorization, route.scope);
      },
      handler: async (request, reply) => {
        const input = readInput(route, request);
        const outcome = await carryOut(parts, operationId, route, operation, request, reply, input);
        return send(reply, outcome);
      },
    });
  }
  refuseOtherMethods(app);
}

async function carryOut(
  parts: RouteParts,
  operationId: OperationId,
  route: Route,
  operation: AnyOperation,
  request: FastifyRequest,
  reply: FastifyReply,
  input: Input,
): Promise<Outcome> {
  if (!request.caller) throw new TypeError("a route of the table was reached without a caller");
  const { db, cipher, wake } = parts;
  const { tenantId, keyId, keyName, completion } = request.caller;
  // By name for people, by id because a name need not be unique.
  const context = {
    tenantId,
    actor: `key ${keyName} (${keyId})`,
    cipher,
    wake,
    ...(completion && { completion }),
    ...(route.waits && { gone: goneSignal(reply) }),
  };
  const key = readIdempotencyKey(route, request.headers["idempotency-key"], input.body);
  if (key === null) return { result: await operation({ ...context, db }, input), replayed: false };
  const keyed = { operationId, key, fingerprint: fingerprintOf(route, input.params, input.body) };
  return answerOnce(db, context, keyed, (inTransaction) => operation(inTransaction, input));
}

/** Aborts when the connection ends before the answer was sent. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

function send(reply: FastifyReply, { result, replayed }: Outcome): FastifyReply {
  if (result.revision !== undefined) reply.header("etag", `"${result.revision}"`);
  if (replayed) reply.header("idempotency-replayed", "true");
  return reply.code(result.status).send(result.body);
}

/**
 * A path of the table answers methods it does not have with 405, also where a parameter of another route would have swallowed it: GET /v1/jobs/bulk is a
 * wrong method, not a job called bulk.
 */
function refuseOtherMethods(app: FastifyInstance): void {
  const allowed = new Map<string, string[]>();
  for (const { path, method } of Object.values(routes)) {
    allowed.set(path, [...(allowed.get(path) ?? []), ...(method === "GET" ? ["GET", "HEAD"] : [method])]);
  }
  for (const [path, methods] of allowed) {
    const allow = methods.join(", ");
    app.route({
      method: app.supportedMethods.filter((method) => !methods.includes(method)),
      url: toFastifyPath(path),
      onRequest: async (_request, reply) => {
        reply.header("allow", allow);
        throw new PunctualError("method_not_allowed", `This path takes ${allow}.`);
      },
      handler: () => undefined,
    });
  }
}

function toFastifyPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}
