import { limits, type OperationId, routes } from "@punctual/contract";
import { expect, test } from "vitest";
import { bulkLimits } from "../src/bulk.ts";
import { operations } from "../src/operations.ts";

test("the client's operations are those of the route table, with the same methods and paths", () => {
  const expected = Object.entries(routes).map(([id, { method, path }]) => [id, method, path]);
  expect(Object.entries(operations).map(([id, { method, path }]) => [id, method, path])).toEqual(expected);
});

test("only reads, and writes that take an idempotency key, are ever repeated", () => {
  for (const [id, route] of Object.entries(routes) as [OperationId, { method: string; scope: string; idempotent?: boolean }][]) {
    const expected = route.scope === "read" || route.method === "GET" ? "always" : route.idempotent === true ? "with_key" : "never";
    expect([id, operations[id].repeatable]).toEqual([id, expected]);
  }
});

test("bulk requests stay within the contract's limits", () => {
  expect(bulkLimits.jobs).toBe(limits.bulkJobs);
  expect(bulkLimits.bytes + '{"jobs":[]}'.length).toBeLessThanOrEqual(limits.bulkBodyBytes);
});
