import { describe, expect, test } from "vitest";
import {
  commonErrors,
  errorCatalogue,
  exitCodeMeanings,
  exitCodes,
  openApiDocument,
  PunctualError,
  type Route,
  routes,
} from "../src/index.ts";

const table = Object.entries(routes) as [string, Route][];

describe("the route table", () => {
  test.each(table)("%s names the parameters of its path, and no others", (_id, route) => {
    const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const described = Object.keys(route.params && "properties" in route.params ? (route.params.properties as object) : {});
    expect(described).toEqual(inPath);
  });

  test.each(table)("%s refuses only with codes that have an HTTP status", (_id, route) => {
    for (const code of [...route.errors, ...commonErrors]) expect(errorCatalogue[code].status, code).not.toBeNull();
  });

  test.each(table)("%s refuses unknown fields", (_id, route) => {
    const schemas = [route.params, route.query, route.body].filter((schema) => schema !== undefined);
    expect(schemas.filter((schema) => !("additionalProperties" in schema && schema.additionalProperties === false))).toEqual([]);
  });

  test("has one operation for a method and a path, and reading takes no body", () => {
    const places = table.map(([, route]) => `${route.method} ${route.path}`);
    expect(new Set(places).size).toBe(places.length);
    expect(table.filter(([, route]) => route.method === "GET" && route.body !== undefined)).toEqual([]);
  });

  test("asks for the scope to write wherever something changes", () => {
    const asking = new Set(["previewSchedule", "explainSchedule", "lintSchedule", "diffSchedules", "forecastLoad"]);
    // What concerns the installation is its operator's alone, to look at and to change; what leases and completes runs is a worker's.
    for (const [id, route] of table.filter(([, { scope }]) => scope === "read" || scope === "write"))
      expect(route.scope, id).toBe(route.method === "GET" || asking.has(id) ? "read" : "write");
  });

  test("lets a worker lease and complete and nothing else, and a completion token complete its one run", () => {
    const withScope = (scope: string) => table.filter(([, route]) => route.scope === scope).map(([id]) => id);
    expect(withScope("work")).toEqual(["leaseRuns", "heartbeatRuns", "completeRuns"]);
    expect(withScope("completion")).toEqual(["completeRun"]);
  });
});

describe("the error catalogue", () => {
  test("gives every failure of the API a status that says whose fault it is, and a retryable one a status that can be repeated", () => {
    for (const [code, { status, retryable }] of Object.entries(errorCatalogue).filter(([, error]) => error.status !== null)) {
      expect(status, code).toBeGreaterThanOrEqual(400);
      expect(retryable, code).toBe((status ?? 0) >= 500 || code === "request_timeout" || code === "idempotency_in_flight");
    }
  });

  test("knows what every exit code means, and no two failures of the start share one by accident", () => {
    expect(Object.keys(exitCodeMeanings)).toEqual(Object.keys(exitCodes));
    expect(new Set(Object.values(exitCodes)).size).toBe(Object.keys(exitCodes).length);
  });

  test("is what an error carries", () => {
    const error = new PunctualError("job_not_found", "There is no job x.");
    expect(error.definition).toBe(errorCatalogue.job_not_found);
    expect(error.faults).toEqual([]);
  });
});

describe("the OpenAPI document", () => {
  const document = openApiDocument("1.2.3") as {
    paths: Record<string, Record<string, { operationId: string }>>;
    components: { schemas: object };
  };

  test("has every route under its operation id", () => {
    const ids = Object.values(document.paths).flatMap((path) => Object.values(path).map((operation) => operation.operationId));
    expect(ids.sort((a, b) => a.localeCompare(b))).toEqual(Object.keys(routes).sort((a, b) => a.localeCompare(b)));
  });

  test("names every schema that has a title, once", () => {
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(["Job", "Run", "Attempt", "Problem", "CreateJob"]));
    for (const title of Object.keys(document.components.schemas)) {
      expect(JSON.stringify(document).split(`"title":"${title}"`), title).toHaveLength(2);
    }
  });
});
