import { describe, expect, it } from "vitest";
import { readTree } from "./lib/tree.ts";
import { formatViolations } from "./lib/violation.ts";
import { findBannedWords, findClaims, findIdleExceptions, splitWords } from "./lib/words.ts";

const code = (text: string) => [{ path: "packages/server/src/engine/planted.ts", text }];
const page = (text: string) => [{ path: "docs/planted.md", text }];
const statements = (text: string) => [{ path: "packages/server/src/store/planted.sql", text }];

describe("words", () => {
  it("has one word per thing in this repository", () => {
    expect(formatViolations(findBannedWords(readTree()))).toEqual([]);
  });

  it("has no exception that excuses nothing", () => {
    expect(formatViolations(findIdleExceptions(readTree()))).toEqual([]);
    expect(findIdleExceptions(page("A job."))).not.toEqual([]);
  });

  it("splits names into words", () => {
    expect(splitWords("deadLetterDLQ_count HTTPTask")).toEqual(["dead", "letter", "dlq", "count", "http", "task"]);
  });

  it("notices synonyms in names, SQL and pages", () => {
    expect(findBannedWords(code("const nextTask = 1;"))).toHaveLength(1);
    expect(findBannedWords(statements("create table executions ();"))).toHaveLength(1);
    expect(findBannedWords(page("Every cronjob of yours."))).toHaveLength(1);
  });

  it("leaves quoted code, comments, strings and longer words alone", () => {
    expect(findBannedWords(page("Run `celery task` or:\n\n```\ntask\n```\n"))).toEqual([]);
    expect(findBannedWords(code('// a task of another system\nqueueMicrotask(run, "task");'))).toEqual([]);
  });
});

describe("promises", () => {
  it("claims nothing in this repository that is not kept", () => {
    expect(formatViolations(findClaims(readTree()))).toEqual([]);
  });

  it.each([["Punctual has exactly-once execution."], ["Exactly once delivery of every webhook."], ["It can never lose a job."]])(
    "notices %s",
    (text) => {
      expect(findClaims(page(text))).toHaveLength(1);
      expect(findClaims(code(`// ${text}\nexport const one = 1;`))).toHaveLength(1);
    },
  );

  it("accepts a sentence that denies the claim, and no other", () => {
    expect(findClaims(page("We never say exactly-once execution."))).toEqual([]);
    expect(findClaims(page("This is never wrong. It is exactly-once execution."))).toHaveLength(1);
  });
});
