import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { errorCatalogue, openApiDocument } from "@punctual/contract";
import type { FastifyInstance } from "fastify";

/** Everything comes from this server; the page of Swagger UI sets styles inline. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * `/openapi.json` (the contract), `/docs` (Swagger UI, whose files this server holds, so that it works without the internet) and `/docs/errors` (where the
 * `type` of a problem points).
 */
export function registerDocs(app: FastifyInstance, version: string): void {
  const document = openApiDocument(version);
  const text = JSON.stringify(document);
  const errorsPage = renderErrors();
  app.get("/openapi.json", (_request, reply) => reply.type("application/json; charset=utf-8").send(text));
  app.get("/docs/errors", (_request, reply) =>
    reply.type("text/html; charset=utf-8").header("content-security-policy", contentSecurityPolicy).send(errorsPage),
  );
  app.register(swagger, { mode: "static", specification: { document: document as never } });
  app.register(swaggerUi, {
    routePrefix: "/docs",
    staticCSP: contentSecurityPolicy,
    theme: { title: "Punctual API" },
  });
}

function renderErrors(): string {
  const sections = Object.entries(errorCatalogue).map(
    ([code, { status, title, remedy, retryable }]) =>
      `<h2 id="${code}"><code>${code}</code></h2><p>${escape(title)}. ${status ? `HTTP ${status}; ` : "At the start of a node or on the command line; "}${
        retryable ? "the same request may succeed later" : "the same request will fail again"
      }.</p><p>${escape(remedy)}</p>`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Punctual errors</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}:target{background:#fff3bf}</style>
<h1>Errors</h1>${sections.join("\n")}</html>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
