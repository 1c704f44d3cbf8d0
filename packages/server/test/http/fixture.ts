import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Answer, OperationId } from "@punctual/contract";
import { PunctualError, routes } from "@punctual/contract";
import { createTestDatabase, type TestDatabase } from "@punctual/testkit";
import type { Operations } from "../../src/commands/index.ts";
import type { CommandContext, Operation } from "../../src/commands/operation.ts";

import { type AnsweredRequest, createHttpServer, type FailedRequest, type HttpServerParts } from "../../src/http/server.ts";
import { retryView } from "../../src/model/retry-policy.ts";
import { createApiKey } from "../../src/store/api-keys.ts";
import { createCipher } from "../../src/store/secrets.ts";
import { bootstrapTenant } from "../../src/store/tenants.ts";

export type Api = {
  url: string;
  server: Server;
  database: TestDatabase;
  cipher: HttpServerParts["cipher"];
  tenantId: number;
  /** Keys of the first tenant: with every scope, and with `read` only. */
  key: string;
  readOnlyKey: string;
  /** A key of another tenant. */
  foreignKey: string;
  woken: number[];
  answered: AnsweredRequest[];
  failed: FailedRequest[];
  state: { draining: boolean; ready: boolean };
  request(method: string, path: string, options?: RequestOptions): Promise<Reply>;
  /** Begins to stop the server, without waiting for the connections that are busy. */
  close(): Promise<void>;
  stop(): Promise<void>;
};
export type RequestOptions = { key?: string | null; json?: unknown; text?: string; headers?: { [name: string]: string } };
export type Reply = { status: number; headers: Headers; text: string; json: Record<string, unknown> };

/** A real server on a free port over a real database, with the operations the test gives; those it does not give know no job. */
export async function startApi(operations: Partial<Operations> = {}): Promise<Api> {
  const database = await createTestDatabase();
  const cipher = createCipher(randomBytes(32));
  const { tenantId, apiKey } = await bootstrapTenant(database.pool, "default");
  const other = await bootstrapTenant(database.pool, "other");
  const readOnlyKey = await createApiKey(database.pool, tenantId, "reader", ["read"]);
  const woken: number[] = [];
  const answered: AnsweredRequest[] = [];
  const failed: FailedRequest[] = [];
  const state = { draining: false, ready: true };
  const app = createHttpServer({
    db: database.pool,
    cipher,
    operations: { ...knowingNothing(), ...operations },
    wake: (shard) => void woken.push(shard),
    version: "0.0.0",
    events: { answered: (request) => void answered.push(request), failed: (request) => void failed.push(request) },
    isDraining: () => state.draining,
    isReady: async () => ({ ready: state.ready, detail: state.ready ? "The database answers." : "The database cannot be reached." }),
    metrics: () => "punctual_up 1\n",
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const key = apiKey ?? "";
  return {
    url,
    server: app.server,
    database,
    cipher,
    tenantId,
    key,
    readOnlyKey,
    foreignKey: other.apiKey ?? "",
    woken,
    answered,
    failed,
    state,
    request: (method, path, options = {}) => send(url, method, path, { key, ...options }),
    close: () => app.close(),
    async stop() {
      app.server.closeAllConnections();
      await app.close();
      await database.drop();
    },
  };
}

async function send(url: string, method: string, path: string, { key, json, text, headers }: RequestOptions): Promise<Reply> {
  const body = text ?? (json === undefined ? undefined : JSON.stringify(json));
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(key ? { authorization: `Bearer ${key}` } : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const answer = await response.text();
  const isJson = /json/.test(response.headers.get("content-type") ?? "");
  return {
    status: response.status,
    headers: response.headers,
    text: answer,
    json: isJson && answer ? (JSON.parse(answer) as Record<string, unknown>) : {},
  };
}

function knowingNothing(): Operations {
  const refuse = async (): Promise<never> => {
    throw new PunctualError("job_not_found", "There is no such job.");
  };
  return Object.fromEntries(Object.keys(routes).map((id) => [id, refuse])) as unknown as Operations;
}

/** A job as createJob answers it. */
export function jobAnswer(jobId: string, extra: Partial<Answer<"createJob">> = {}): Answer<"createJob"> {
  const now = "2027-03-01T09:00:00.000Z";
  return {
    jobId,
    name: null,
    revision: 1,
    status: "active",
    every: "1m",
    target: { type: "http", url: "https://example.com/hook" },
    retry: retryView({ attempts: 6 }),
    timeout: "30s",
    misfire: { window: "10m", policy: "latest" },
    priority: 4,
    overlap: "allow",
    labels: {},
    nextRunEffectiveAt: null,
    nextRunAt: now,
    pauseReason: null,
    createdAt: now,
    updatedAt: now,
    ...extra,
  };
}

export const someJobId = "0192f3a4-5b6c-8d7e-9f01-23456789ab2c";
export const goodJob = { every: "1m", target: { type: "http", url: "https://example.com/hook" } };

/** An operation, typed by its id. */
export function operation<K extends OperationId>(_id: K, carryOut: Operation<K>): Operation<K> {
  return carryOut;
}

/** The least that a create can do and still be seen: takes the name. */
export async function takeName(context: CommandContext, name: string, jobId: string): Promise<void> {
  await context.db.query("insert into punctual.job_names (tenant_id, name, shard, job_id) values ($1, $2, 0, $3)", [
    context.tenantId,
    name,
    jobId,
  ]);
}
