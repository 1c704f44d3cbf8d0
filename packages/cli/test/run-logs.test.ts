import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { runForTest } from "./lib/test-io.ts";

let close: () => void = () => undefined;
afterEach(() => close());

/** A server that gives these answers in turn, and what it was asked. */
async function serve(answers: readonly unknown[]) {
  const asked: { query: URLSearchParams; body: string }[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    asked.push({ query: new URL(request.url ?? "/", "http://localhost").searchParams, body: await text(request) });
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answers[asked.length - 1]));
  };
  const server = createServer((request, response) => void take(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  close = () => server.close();
  const env = { PUNCTUAL_SERVER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, PUNCTUAL_API_KEY: "key" };
  return { env, asked };
}

const line = (message: string, more: object = {}) => ({
  ...{
    attempt: 1,
    line: 1,
    at: "2027-03-01T09:00:00.250Z",
    storedAt: "2027-03-01T09:00:01.000Z",
    level: "info",
    message,
    truncated: false,
  },
  ...more,
});
const run = {
  ...{ runId: "r1", jobId: "j1", revision: 1, status: "waiting", kind: "scheduled", nominalAt: "2027-03-01T08:00:00.000Z" },
  ...{ nextAttemptAt: null, attempt: 0, startedAt: null, finishedAt: null, lagMs: null, held: null, queue: null, reason: null },
  ...{ worker: null, leaseUntil: null, progress: null, endedBy: null, rerunOf: null, failureClass: null, statusCode: null },
  ...{ targetMayHaveSeen: false, attempts: [] },
};

describe("runs logs", () => {
  test("writes every line of every page, with its time and level, and says where another attempt begins", async () => {
    const { env, asked } = await serve([
      { items: [line("begin"), line("disk\nfull\u001b[2J", { level: "error", truncated: true })], nextCursor: "c1" },
      { items: [line("again", { attempt: 2, at: null })], nextCursor: null },
    ]);
    const { exit, out, err } = await runForTest(["runs", "logs", "r1"], { env });
    expect([exit, err]).toEqual([0, ""]);
    expect(out.split("\n")).toEqual([
      "2027-03-01 09:00:00.250Z  info   begin",
      "2027-03-01 09:00:00.250Z  error  disk",
      "  full\\u001b[2J (cut)",
      "attempt 2",
      "2027-03-01 09:00:01Z  info   again",
      "",
    ]);
    expect(asked.map(({ query }) => Object.fromEntries(query))).toEqual([{}, { cursor: "c1" }]);
  });

  test("with --follow goes on at the end of what there is until the run is over, a pause between two looks", async () => {
    const pauses: number[] = [];
    const { env, asked } = await serve([
      { items: [line("one")], nextCursor: "c1" },
      { items: [], nextCursor: "c2" },
      { items: [line("two")], nextCursor: "c3" },
      { items: [], nextCursor: null },
    ]);
    const sleep = async (ms: number) => void pauses.push(ms);
    const { out } = await runForTest(["runs", "logs", "r1", "--follow", "--tail", "5", "--attempt", "1", "--json"], { env, sleep });
    expect(
      out
        .trimEnd()
        .split("\n")
        .map((text) => (JSON.parse(text) as { message: string }).message),
    ).toEqual(["one", "two"]);
    const follow = { attempt: "1", follow: "true" };
    expect(asked.map(({ query }) => Object.fromEntries(query))).toEqual([
      { ...follow, tail: "5" },
      ...["c1", "c2", "c3"].map((cursor) => ({ ...follow, cursor })),
    ]);
    expect(pauses).toEqual([1_000]);
  });

  test("of a run without any says so, not as a line", async () => {
    const { env } = await serve([{ items: [], nextCursor: null }]);
    expect(await runForTest(["runs", "logs", "r1"], { env })).toEqual({ exit: 0, out: "", err: "The run has logged nothing.\n" });
  });
});

describe("runs get", () => {
  test.each([
    ["breaker", "its target is down"],
    ["overlap", "for a run of its job that is not over"],
    ["retry_budget", "its share of retries"],
  ])("says in words that a run is held: %s", async (held, words) => {
    const { env } = await serve([{ ...run, held }]);
    expect((await runForTest(["runs", "get", "r1"], { env })).out).toMatch(new RegExp(`^held +.*${words}`, "m"));
  });

  test("tells the worker, its lease and how far it is; of an accepted webhook until when it may be completed", async () => {
    const held = {
      status: "running",
      queue: "reports",
      leaseUntil: "2027-03-01T10:00:00.000Z",
      progress: { percent: 40, message: "page 4" },
    };
    const { env } = await serve([
      { ...run, ...held, worker: "host:1" },
      { ...run, ...held },
    ]);
    const { out } = await runForTest(["runs", "get", "r1"], { env });
    for (const words of [
      /^queue +reports/m,
      /^worker +host:1/m,
      /^leased +until 2027-03-01 10:00:00Z \(in 1h\)/m,
      /^progress +40 %, page 4/m,
    ])
      expect(out).toMatch(words);
    expect((await runForTest(["runs", "get", "r1"], { env })).out).toMatch(/^to be completed +until 2027-03-01 10:00:00Z/m);
  });
});

test("jobs trigger sends the priority and the key of the run", async () => {
  const { env, asked } = await serve([{ items: [{ jobId: "j1" }], jobId: "j1" }, run, run]);
  await runForTest(["jobs", "trigger", "0192f3a4-5b6c-8d7e-9f01-23456789ab2c", "--priority", "9", "--concurrency-key", "c-42"], { env });
  expect(JSON.parse(asked.at(-1)?.body ?? "")).toEqual({ priority: 9, concurrencyKey: "c-42" });
});
