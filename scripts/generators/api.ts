import {
  commonErrors,
  type ErrorCode,
  errorCatalogue,
  limits,
  openApiDocument,
  type Route,
  routes,
} from "../../packages/contract/src/index.ts";
import { describeSchema, type JsonSchema, schemaTable } from "../lib/schema-tables.ts";

type Components = { [name: string]: JsonSchema };

/** docs/reference/api.md: the routes with their fields, limits and errors, as people read them. */
export async function generate(): Promise<{ path: string; content: string }[]> {
  const document = openApiDocument("") as { components: { schemas: Components } };
  const schemas = document.components.schemas;
  const tags = ["jobs", "runs", "dead letters", "backfills", "breakers", "schedules", "settings", "cluster"] as const;
  const content = `# API

Generated from the route table; change \`packages/contract/src\`, then run \`npm run generate\`. A running server shows the same under \`/docs\`, and serves it for
programs under \`/openapi.json\` ([the committed copy](openapi.json)).

${conventions()}
${tags.map((tag) => section(tag)).join("\n")}
## Objects

${Object.entries(schemas)
  .sort(([a], [b]) => a.localeCompare(b))
  .map(([name, schema]) => `### ${name}\n\n${schemaTable(schema)}`)
  .join("\n\n")}
`;
  return [{ path: "docs/reference/api.md", content }];
}

function conventions(): string {
  return `## Conventions

- **Keys.** \`Authorization: Bearer pct_...\`. A key belongs to one tenant and has scopes (\`read\`, \`write\`, \`operate\`); ids of other tenants are not found.
- **Bodies** are JSON in UTF-8 with \`Content-Type: application/json\`, at most ${limits.bodyBytes / 1024 / 1024} MiB (bulk: ${
    limits.bulkBodyBytes / 1024 / 1024
  } MiB), nested at most ${limits.jsonDepth} deep. Fields that are not known are refused. Of a field given twice the last one counts. Numbers are those of JavaScript:
  an integer beyond 2^53 loses digits, so send it as a string.
- **Times** are ISO 8601 with an offset or \`Z\`; answers are in UTC. **Durations** are \`15m\`, \`1h30m\` or \`PT15M\`.
- **Lists** answer \`{ items, nextCursor }\`. Pass \`nextCursor\` back as \`cursor\` with the same filters until it is null: a page with few items, or none, need not be the last.
- **Idempotency.** \`Idempotency-Key: "..."\` (1 to 255 printable ASCII characters, in quotes or bare), or \`idempotencyKey\` in the body, makes a repeated request
  answer what the first one answered, refusals included, with \`Idempotency-Replayed: true\`, for 24 hours. A key belongs to one method, path and body: white space in
  the body does not count, the order of its fields does. While the first request is under way the others get 409 and \`Retry-After\`. Failures of the server (5xx) are not kept.
- **Revisions.** A job's \`ETag\` is its revision. Sent back as \`If-Match\`, it keeps a change from overwriting another's (412).
- **Errors** are problem documents; [the catalogue](errors.md) lists every code. Any route may answer ${codeList(commonErrors)}.
- **Request ids.** Every answer has \`X-Request-Id\`; the server's log knows the request by it.

Without a key: \`GET /healthz\` (the process lives), \`GET /readyz\` (200 when it can serve, 503 while the database is away or the node drains), \`GET /metrics\`
(Prometheus text), \`GET /openapi.json\`, \`GET /docs\`, \`GET /docs/errors\`.
`;
}

function section(tag: Route["tag"]): string {
  const own = (Object.entries(routes) as [string, Route][]).filter(([, route]) => route.tag === tag);
  return `## ${tag.charAt(0).toUpperCase()}${tag.slice(1)}\n\n${own.map(([id, route]) => routeText(id, route)).join("\n")}`;
}

function routeText(id: string, route: Route): string {
  const facts = [
    `Scope \`${route.scope}\``,
    ...(route.idempotent ? ["takes `Idempotency-Key`"] : []),
    ...(route.revisioned ? [route.method === "GET" ? "answers `ETag`" : "takes `If-Match`, answers `ETag`"] : []),
  ];
  const parts = [
    `### ${route.summary}`,
    `\`${route.method} ${route.path}\` (\`${id}\`). ${facts.join("; ")}.`,
    ...(route.description ? [route.description] : []),
    ...(route.query ? [`Query:\n\n${schemaTable(route.query)}`] : []),
    ...(route.body ? [`Body${route.bodyOptional ? " (may be left out)" : ""}: ${describeSchema(route.body)}.`] : []),
    Object.entries(route.responses)
      .map(
        ([status, { description, schema }]) => `- **${status}** ${description}${schema ? `: ${describeSchema(schema as JsonSchema)}` : ""}`,
      )
      .join("\n"),
    ...(route.errors.length > 0 ? [`Errors of its own: ${codeList(route.errors)}.`] : []),
  ];
  return `${parts.join("\n\n")}\n`;
}

function codeList(codes: readonly ErrorCode[]): string {
  return codes.map((code) => `[\`${code}\`](errors.md#${code}) (${errorCatalogue[code].status})`).join(", ");
}
