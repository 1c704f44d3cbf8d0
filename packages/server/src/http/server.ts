import { randomUUID } from "node:crypto";
import { limits, PunctualError } from "@punctual/contract";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Operations } from "../commands/index.ts";
import { problemOf } from "../model/problem.ts";
import type { Database } from "../store/database.ts";
import type { Cipher } from "../store/secrets.ts";
import { type Caller, createAuthenticator } from "./auth.ts";
import { answerBrokenRequest, connectionOptions, endConnectionsInTime, inviteOnlyBodiesThatFit, leavesBodyUnread } from "./connections.ts";
import { registerDocs } from "./docs.ts";
import { type HealthParts, registerHealth } from "./health.ts";
import { parseJsonBody } from "./json-body.ts";
import { refusalHeaders, refusalOf } from "./problem.ts";
import { registerRoutes } from "./routes.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who asks; null on the routes that need no key. */
    caller: Caller | null;
  }
}

/** A request that was answered. `route` is its pattern ("/v1/jobs/:jobId"), null when none matched; ids and queries stay out of metrics and logs. */
export type AnsweredRequest = {
  requestId: string;
  method: string;
  route: string | null;
  status: number;
  durationMs: number;
  tenantId: number | null;
};
/** A request that failed through no fault of its author. */
export type FailedRequest = { requestId: string; method: string; route: string | null; error: unknown };
/** What the API reports. Bodies, headers and keys are never part of it. */
export type HttpEvents = { answered(request: AnsweredRequest): void; failed(request: FailedRequest): void };

export type HttpServerParts = HealthParts & {
  db: Database;
  cipher: Cipher;
  operations: Operations;
  /** Tells the engine that a shard may have something due; called after the commit. */
  wake(shard: number): void;
  /** Of this build, for the OpenAPI document. */
  version: string;
  events: HttpEvents;
};

/** The router's own bound, 100, guards patterns in paths, which we have none of; a name of 200 characters may take 2,400. The schemas say what is too long. */
const maxPathParameterChars = 16 * 1024;
const apiHeaders = {
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

/**
 * The node's HTTP server: the API of the route table, its documents, and what orchestrators ask. It does not listen yet; `listen` and `close` are its
 * caller's.
 *
 * While the node drains, it answers as ever and closes each connection with its answer, so that clients move on without an error. Once `close` is called,
 * requests that still arrive get `shutting_down`.
 *
 * Forwarding headers are not trusted: nothing here depends on the client's address.
 */
export function createHttpServer(parts: HttpServerParts): FastifyInstance {
  let closing = false;
  const app = Fastify({
    ...connectionOptions,
    logger: false,
    genReqId: () => randomUUID(),
    bodyLimit: limits.bodyBytes,
    return503OnClosing: false,
    routerOptions: { maxParamLength: maxPathParameterChars },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => void refuse(error, request as FastifyRequest, reply as FastifyReply),
  });
  inviteOnlyBodiesThatFit(app.server);
  const endConnections = endConnectionsInTime(app.server);

  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, async (_request: FastifyRequest, body: Buffer) =>
    parseJsonBody(body),
  );
  app.decorateRequest("caller", null);
  app.addHook("preClose", (done) => {
    closing = true;
    endConnections();
    done();
  });
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(apiHeaders).header("x-request-id", request.id);
    if (closing || parts.isDraining()) reply.header("connection", "close");
    if (closing) throw new PunctualError("shutting_down", "This node is stopping.", { retryAfterSeconds: 1 });
    // Here and not in the handler, so that the body of a request to nowhere is not read.
    if (request.is404) throw new PunctualError("route_not_found", `There is no ${request.method} ${pathOf(request)}.`);
  });
  app.addHook("onResponse", async (request, reply) => {
    const tenantId = request.caller?.tenantId ?? null;
    parts.events.answered({ ...identify(request), status: reply.statusCode, durationMs: reply.elapsedTime, tenantId });
  });
  app.setErrorHandler((error, request, reply) => refuse(error, request, reply));
  // Never reached: onRequest has refused. Without it Fastify would register a handler that reads the body first.
  app.setNotFoundHandler(() => undefined);

  function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const refusal = refusalOf(error, request.routeOptions?.bodyLimit);
    const problem = problemOf(refusal, request.id);
    if (problem.status >= 500 && refusal.code !== "shutting_down")
      parts.events.failed({ ...identify(request), error: refusal.cause ?? error });
    if (leavesBodyUnread(request)) reply.header("connection", "close");
    return reply
      .code(problem.status)
      .headers({ ...apiHeaders, "x-request-id": request.id, ...refusalHeaders(refusal) })
      .type("application/problem+json; charset=utf-8")
      .send(problem);
  }

  registerRoutes(app, { ...parts, authenticate: createAuthenticator(parts.db) });
  registerHealth(app, parts);
  registerDocs(app, parts.version);
  return app;
}

function identify(request: FastifyRequest): { requestId: string; method: string; route: string | null } {
  return { requestId: request.id, method: request.method, route: request.is404 ? null : (request.routeOptions?.url ?? null) };
}

function pathOf(request: FastifyRequest): string {
  return (request.url.split("?", 1)[0] ?? "").slice(0, 200);
}
