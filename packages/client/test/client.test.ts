import type { CreateJobBody } from "@punctual/contract";
import fc from "fast-check";
import { expect, test } from "vitest";
import { bulkLimits, splitBulk } from "../src/bulk.ts";
import { BulkInterruptedError, createClient } from "../src/index.ts";
import { startFakeServer } from "./lib/fake-server.ts";

const job = (name: string, payload = ""): CreateJobBody => ({
  name,
  every: "1m",
  target: { type: "http", url: "http://127.0.0.1/" },
  payload,
});
const clientOf = (server: { url: string }) => createClient({ baseUrl: server.url, apiKey: "key" });

test("iterating a list asks for the next page with the cursor of the page before, and the same filters", async () => {
  await using server = await startFakeServer(
    { status: 200, body: { items: [{ name: "a" }, { name: "b" }], nextCursor: "c1" } },
    { status: 200, body: { items: [], nextCursor: "c2" } },
    { status: 200, body: { items: [{ name: "c" }], nextCursor: null } },
  );
  const names: unknown[] = [];
  for await (const found of clientOf(server).jobs.iterate({ status: "active" })) names.push(found.name);
  expect(names).toEqual(["a", "b", "c"]);
  expect(server.seen.map((request) => request.url)).toEqual([
    "/v1/jobs?status=active",
    "/v1/jobs?status=active&cursor=c1",
    "/v1/jobs?status=active&cursor=c2",
  ]);
});

test("a page is asked for only when the one before is used up", async () => {
  await using server = await startFakeServer({ status: 200, body: { items: [{}, {}], nextCursor: "more" } });
  const runs = clientOf(server).runs.iterate();
  await runs.next();
  await runs.next();
  expect(server.seen.length).toBe(1);
});

test("a large bulk is split, joined in order, and each part has a key of its own", async () => {
  await using server = await startFakeServer(
    { status: 200, body: { created: 1_000, failed: 0, items: [{ status: 201 }] } },
    { status: 200, body: { created: 0, failed: 1, items: [{ status: 422 }] } },
  );
  const result = await clientOf(server).jobs.bulk(
    Array.from({ length: 1_001 }, (_, index) => job(`j${index}`)),
    { idempotencyKey: "k" },
  );
  expect(result).toEqual({ created: 1_000, failed: 1, items: [{ status: 201 }, { status: 422 }] });
  expect(server.seen.map((request) => [(request.body as { jobs: unknown[] }).jobs.length, request.headers["idempotency-key"]])).toEqual([
    [1_000, "k-1"],
    [1, "k-2"],
  ]);
});

test("a bulk that breaks half-way tells what was done before", async () => {
  await using server = await startFakeServer(
    { status: 200, body: { created: 1_000, failed: 0, items: Array(1_000).fill({ status: 201 }) } },
    "drop",
  );
  const failure: unknown = await clientOf(server)
    .jobs.bulk(Array.from({ length: 1_500 }, (_, index) => job(`j${index}`)))
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(BulkInterruptedError);
  expect((failure as BulkInterruptedError).result.created).toBe(1_000);
  expect((failure as BulkInterruptedError).message).toBe("The first 1000 of 1500 jobs were answered; then a request failed.");
});

test("splitting loses nothing, keeps the order and fits every part into a request", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9_000_000 }), { maxLength: 8 }), (sizes) => {
      const jobs = sizes.map((size, index) => job(`j${index}`, "x".repeat(size)));
      const parts = splitBulk(jobs);
      expect(parts.flat()).toEqual(jobs);
      for (const part of parts) expect(Buffer.byteLength(JSON.stringify(part))).toBeLessThanOrEqual(bulkLimits.bytes + 2);
    }),
    { numRuns: 6 },
  );
});
