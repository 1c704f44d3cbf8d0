import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { runForTest } from "./lib/test-io.ts";

type Page = { items: unknown[]; nextCursor: string | null; searchedTo: string | null };

let close: () => void = () => undefined;
afterEach(() => close());

/** A server that answers these pages in turn, and the queries it was asked. */
async function serve(pages: readonly Page[]): Promise<{ url: string; queries: URLSearchParams[] }> {
  const queries: URLSearchParams[] = [];
  const server = createServer((request, response) => {
    queries.push(new URL(request.url ?? "/", "http://localhost").searchParams);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(pages[queries.length - 1]));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  close = () => server.close();
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, queries };
}

const run = (runId: string) => ({
  ...{
    runId,
    jobId: "j",
    revision: 1,
    status: "dead",
    kind: "manual",
    nominalAt: "2027-03-01T08:00:00.000Z",
    nextAttemptAt: null,
    attempt: 1,
  },
  ...{ startedAt: null, finishedAt: null, lagMs: null, held: null, queue: null, reason: null, endedBy: null, rerunOf: null },
  ...{ failureClass: "http_status", statusCode: 503 },
});
const resting = (searchedTo: string, ...items: unknown[]): Page => ({ items, nextCursor: "on", searchedTo });

/** An environment whose clock moves three seconds at every look. */
function world(url: string) {
  let nowMs = Date.parse("2027-03-01T09:00:00Z");
  return { env: { PUNCTUAL_SERVER: url, PUNCTUAL_API_KEY: "key" }, nowMs: () => (nowMs += 3_000) };
}

test("runs list goes on where a search rested, and says on standard error how far it is", async () => {
  const { url, queries } = await serve([
    resting("2027-02-20T00:00:00.000Z"),
    resting("2027-02-10T00:00:00.000Z", run("first")),
    { items: [run("second")], nextCursor: null, searchedTo: null },
  ]);
  const { exit, out, err } = await runForTest(
    ["runs", "list", "--text", "boom", "--status-code", "5xx", "--status-code", "404"],
    world(url),
  );
  expect(exit).toBe(0);
  expect(out).toMatch(/first[\s\S]*http_status 503[\s\S]*second/);
  expect(err).toContain("Searched back to 2027-02-20 00:00:00Z, 0 found");
  expect(err).toContain("Searched back to 2027-02-10 00:00:00Z, 1 found");
  expect(queries.map((query) => [query.get("cursor"), query.get("text"), query.getAll("statusCode")])).toEqual([
    [null, "boom", ["5xx", "404"]],
    ["on", "boom", ["5xx", "404"]],
    ["on", "boom", ["5xx", "404"]],
  ]);
});

test("runs list that found nothing says what was searched for", async () => {
  const { url } = await serve([{ items: [], nextCursor: null, searchedTo: null }]);
  const { out } = await runForTest(["runs", "list", "--status", "dead", "--status", "skipped", "--failure-class", "dns"], world(url));
  expect(out).toBe("No run matches --status dead or skipped, --failure-class dns. The whole history was searched.\n");
});

test("runs list as JSON keeps standard error clean and tells where it stands", async () => {
  const { url } = await serve([resting("2027-02-20T00:00:00.000Z"), { items: [run("only")], nextCursor: null, searchedTo: null }]);
  const { out, err } = await runForTest(["runs", "list", "--json"], world(url));
  expect(err).toBe("");
  expect(JSON.parse(out)).toMatchObject({ items: [{ runId: "only" }], nextCursor: null });
});
