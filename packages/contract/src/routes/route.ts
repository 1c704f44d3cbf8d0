import type { TSchema } from "typebox";
import type { ErrorCode } from "../errors.ts";

export type HttpMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
/** What a key may do. `read` looks, `write` changes jobs and runs, `work` leases and completes runs of workers, `operate` looks after the installation that all tenants share. */
export const scopes = ["read", "write", "operate", "work"] as const;
export type Scope = (typeof scopes)[number];

/** What a request needs: a key with this scope, or instead of a key the token of the very webhook that it completes. */
export type Access = Scope | "completion";

export type Route = {
  method: HttpMethod;
  /** With `{parameters}` as OpenAPI writes them. */
  path: string;
  tag: "jobs" | "runs" | "dead letters" | "backfills" | "queues" | "schedules" | "cluster" | "settings" | "audit" | "breakers" | "workers";
  summary: string;
  description?: string;
  scope: Access;
  params?: TSchema;
  query?: TSchema;
  body?: TSchema;
  /** Whether a missing body is the same as `{}`. */
  bodyOptional?: boolean;
  /** Takes an Idempotency-Key header. */
  idempotent?: boolean;
  /** May hold its answer back for a while; its client may be gone by then. */
  waits?: boolean;
  /** Takes If-Match and answers ETag. */
  revisioned?: boolean;
  responses: { [status: number]: { description: string; schema?: TSchema } };
  /** Codes beyond those any route may answer (unauthorized, request_invalid, internal, ...). */
  errors: readonly ErrorCode[];
};
