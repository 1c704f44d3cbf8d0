import type { Static, TSchema } from "typebox";
import type { ErrorCode } from "./errors.ts";
import { auditRoutes } from "./routes/audit.ts";
import { backfillRoutes } from "./routes/backfills.ts";
import { breakerRoutes } from "./routes/breakers.ts";
import { clusterRoutes } from "./routes/cluster.ts";
import { deadLetterRoutes } from "./routes/dead-letters.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { queueRoutes } from "./routes/queues.ts";
import { runRoutes } from "./routes/runs.ts";
import { scheduleRoutes } from "./routes/schedules.ts";
import { settingsRoutes } from "./routes/settings.ts";
import { workerRoutes } from "./routes/workers.ts";

export { type Access, type HttpMethod, type Route, type Scope, scopes } from "./routes/route.ts";

/**
 * Every route of the API, by operation id. The server registers its handlers from this table and refuses to start when one lacks a handler; the OpenAPI
 * document, the reference and the client's types come from it too, so none of them can drift from what is served.
 */
export const routes = {
  ...jobRoutes,
  ...runRoutes,
  ...queueRoutes,
  ...breakerRoutes,
  ...scheduleRoutes,
  ...deadLetterRoutes,
  ...auditRoutes,
  ...backfillRoutes,
  ...clusterRoutes,
  ...settingsRoutes,
  ...workerRoutes,
};

export type Routes = typeof routes;
export type OperationId = keyof Routes;

/**
 * What each operation takes and answers. Tables, looked into by operation id: as conditional types on the id, each call of the client would compare its result
 * with the answers of all operations, and the compiler takes minutes for sixty of them.
 */
type SchemaOf<R, F extends "params" | "query" | "body"> = R extends { [P in F]: infer S extends TSchema } ? Static<S> : undefined;
type ResponseOf<R> = R extends { schema: infer S extends TSchema } ? Static<S> : undefined;
type ParamsTable = { [K in OperationId]: SchemaOf<Routes[K], "params"> };
type QueryTable = { [K in OperationId]: SchemaOf<Routes[K], "query"> };
type BodyTable = { [K in OperationId]: SchemaOf<Routes[K], "body"> };
type AnswerTable = { [K in OperationId]: ResponseOf<Routes[K]["responses"][keyof Routes[K]["responses"]]> };
type StatusTable = { [K in OperationId]: keyof Routes[K]["responses"] & number };

/** The status codes an operation may answer with success. */
export type SuccessStatus<K extends OperationId> = StatusTable[K];
export type Params<K extends OperationId> = ParamsTable[K];
export type Query<K extends OperationId> = QueryTable[K];
export type Body<K extends OperationId> = BodyTable[K];
/** The body of an operation's success. */
export type Answer<K extends OperationId> = AnswerTable[K];

/** Codes that any route may answer; the OpenAPI document adds them to each. */
export const commonErrors = [
  "request_malformed",
  "json_too_deep",
  "unauthorized",
  "forbidden",
  "body_too_large",
  "media_type_unsupported",
  "request_invalid",
  "internal",
  "unavailable",
  "shutting_down",
] as const satisfies readonly ErrorCode[];
