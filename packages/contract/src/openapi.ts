import type { TSchema } from "typebox";
import { type ErrorCode, errorCatalogue } from "./errors.ts";
import { commonErrors, type Route, routes } from "./routes.ts";
import { Problem } from "./schemas/problem.ts";

type Json = { [key: string]: unknown };

/**
 * The OpenAPI 3.1 document of the route table. Schemas with a title become components, so that generated clients get names; everything else stays in
 * place. Pure: the same table gives the same document, which is why the committed copy can be compared byte for byte.
 *
 * @param version the server's version, for `info.version`
 */
export function openApiDocument(version: string): Json {
  const components: { [title: string]: Json } = {};
  const hoist = (schema: unknown): unknown => hoistTitled(schema, components);
  const paths: { [path: string]: Json } = {};
  for (const [operationId, route] of Object.entries(routes) as [string, Route][]) {
    const item = (paths[route.path] ??= {});
    item[route.method.toLowerCase()] = operation(operationId, route, hoist);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Punctual",
      version,
      description: "A durable, multi-tenant, distributed job scheduler. Every error is a problem document (RFC 9457) with a stable `code`.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ apiKey: [] }],
    tags: [
      { name: "jobs", description: "What to call, and when" },
      { name: "runs", description: "Occurrences being carried out, and those that ended" },
      { name: "dead letters", description: "Runs that used up their attempts" },
      { name: "queues", description: "Lanes that runs go through, within limits" },
      { name: "breakers", description: "Targets that are held off because they fail" },
      { name: "workers", description: "Programs of yours that lease runs instead of being called" },
      { name: "backfills", description: "Occurrences of the past that are made up for" },
      { name: "schedules", description: "Questions about schedules that need no job" },
      { name: "settings", description: "What a tenant decides for all its jobs" },
    ],
    paths,
    components: {
      securitySchemes: { apiKey: { type: "http", scheme: "bearer" }, completionToken: { type: "http", scheme: "bearer" } },
      schemas: components,
    },
  };
}

function operation(operationId: string, route: Route, hoist: (schema: unknown) => unknown): Json {
  const answers: { [status: string]: Json } = {};
  for (const [status, response] of Object.entries(route.responses)) {
    answers[status] = {
      description: response.description,
      ...(route.revisioned && response.schema
        ? { headers: { ETag: { description: "The revision, for If-Match", schema: { type: "string" } } } }
        : {}),
      ...(response.schema ? { content: { "application/json": { schema: hoist(response.schema) } } } : {}),
    };
  }
  for (const [status, codes] of errorsByStatus([...route.errors, ...commonErrors])) {
    answers[status] = {
      description: codes.map((code) => `\`${code}\`: ${errorCatalogue[code].title}`).join("\n\n"),
      content: { "application/problem+json": { schema: hoist(Problem) } },
    };
  }
  return {
    operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description ? { description: route.description } : {}),
    parameters: parameters(route, hoist),
    ...(route.body
      ? { requestBody: { required: !route.bodyOptional, content: { "application/json": { schema: hoist(route.body) } } } }
      : {}),
    responses: answers,
    ...(route.scope === "completion" ? { security: [{ completionToken: [] }] } : {}),
    "x-scope": route.scope,
  };
}

function parameters(route: Route, hoist: (schema: unknown) => unknown): Json[] {
  const list: Json[] = [];
  for (const [where, schema] of [
    ["path", route.params],
    ["query", route.query],
  ] as const) {
    const { properties = {}, required = [] } = (schema ?? {}) as { properties?: { [name: string]: TSchema }; required?: string[] };
    for (const [name, property] of Object.entries(properties)) {
      list.push({ name, in: where, required: required.includes(name), schema: hoist(property) });
    }
  }
  if (route.idempotent) list.push(header("Idempotency-Key", "Makes a repeated request return the first one's answer, for 24 hours"));
  if (route.revisioned && route.method !== "GET")
    list.push(header("If-Match", "The ETag you read; refused with 412 when the job was changed since"));
  return list;
}

function header(name: string, description: string): Json {
  return { name, in: "header", required: false, description, schema: { type: "string", maxLength: 255 } };
}

function errorsByStatus(codes: readonly ErrorCode[]): [string, ErrorCode[]][] {
  const grouped = new Map<string, ErrorCode[]>();
  for (const code of new Set(codes)) {
    const status = String(errorCatalogue[code].status);
    grouped.set(status, [...(grouped.get(status) ?? []), code]);
  }
  return [...grouped].sort(([a], [b]) => a.localeCompare(b));
}

function hoistTitled(schema: unknown, components: { [title: string]: Json }): unknown {
  if (Array.isArray(schema)) return schema.map((item) => hoistTitled(item, components));
  if (typeof schema !== "object" || schema === null) return schema;
  const copy: Json = {};
  for (const [key, value] of Object.entries(schema)) copy[key] = hoistTitled(value, components);
  if (typeof copy.title !== "string") return copy;
  const title = copy.title;
  if (components[title] && JSON.stringify(components[title]) !== JSON.stringify(copy))
    throw new TypeError(`two different schemas are titled ${title}`);
  components[title] = copy;
  return { $ref: `#/components/schemas/${title}` };
}
