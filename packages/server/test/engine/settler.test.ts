import { afterEach, expect, it } from "vitest";
import { type Settler, startSettler } from "../../src/engine/settler.ts";
import type { Database } from "../../src/store/database.ts";
import type { AttemptResult } from "../../src/store/dispatching.ts";

type Written = { results: number; answer: () => void; fail: (error: Error) => void };
type Config = { values: [string] };

/** What reaches the database is noted, and answered when the test says so. */
function startNoting() {
  const written: Written[] = [];
  const noticed: { count: number; resolve: () => void }[] = [];
  const query = ({ values: [json] }: Config) =>
    new Promise((resolve, reject) => {
      written.push({ results: (JSON.parse(json) as unknown[]).length, answer: () => resolve({ rows: [{ among: null }] }), fail: reject });
      for (const { count, resolve: told } of noticed) if (written.length >= count) told();
    });
  const lost: string[] = [];
  const settler = startSettler(
    { query } as unknown as Database,
    (event) => {
      if (event.type === "results_lost") lost.push(...event.runIds);
    },
    () => {},
  );
  const statements = (count: number): Promise<void> =>
    written.length >= count ? Promise.resolve() : new Promise((resolve) => noticed.push({ count, resolve }));
  return { settler, written, statements, lost };
}

const evidence = { outcome: "succeeded" as const, startedMs: 1, durationMs: 1, failureClass: null, statusCode: 200 };
const texts = { error: null, output: null, outputTruncated: false, mayHaveBeenSeen: true };
const result = (number: number): AttemptResult => ({
  ...{ shard: 1, runId: `run-${number}`, holder: 1, attempt: 1, next: "succeeded", delayMs: 0, reason: null, nextBecause: null },
  ...{ resumes: false, held: null, evidence: { ...evidence, ...texts } },
});

let stopping: Settler | undefined;
afterEach(() => stopping?.stop());

function begin(results: number) {
  const noting = startNoting();
  stopping = noting.settler;
  for (let number = 0; number < results; number++) noting.settler.add(result(number));
  return noting;
}

it("a full batch does not wait for the one that is being written, and less than that does", async () => {
  const { settler, written, statements } = begin(2_500);
  await statements(2);
  expect(written.map(({ results }) => results)).toEqual([1_000, 1_000]);
  expect(settler.has("run-0") && settler.has("run-1500") && settler.has("run-2499")).toBe(true);
  const flushed = settler.flush(10_000);
  written[1]?.answer();
  // Had the second writer taken what is left, it would have done so before the first one was answered.
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  expect(written).toHaveLength(2);
  written[0]?.answer();
  await statements(3);
  expect(written[2]?.results).toBe(500);
  written[2]?.answer();
  expect(await flushed).toBe(true);
  expect(settler.has("run-2499")).toBe(false);
});

it("a flush waits for what is being written, and what could not be written is written again", async () => {
  const { settler, written, statements, lost } = begin(3);
  await statements(1);
  const flushed = settler.flush(10_000);
  written[0]?.fail(Object.assign(new Error("away"), { code: "57P01" }));
  await statements(2);
  expect(written.map(({ results }) => results)).toEqual([3, 3]);
  written[1]?.answer();
  expect(await flushed).toBe(true);
  expect(lost).toEqual([]);
});
