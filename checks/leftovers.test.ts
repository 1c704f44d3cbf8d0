import { describe, expect, it } from "vitest";
import { findMarkers, findSilencedTests, findTestDoors } from "./lib/leftovers.ts";
import { readTree } from "./lib/tree.ts";
import { formatViolations } from "./lib/violation.ts";

const shipped = (text: string) => [{ path: "packages/server/src/store/planted.ts", text }];
const tested = (text: string) => [{ path: "packages/server/test/planted.test.ts", text }];

describe("leftovers", () => {
  it("leaves no note to self in this repository", () => {
    expect(formatViolations(findMarkers(readTree()))).toEqual([]);
  });

  it("notices a marker in a comment, in SQL and in a page, and not in a string", () => {
    expect(findMarkers(shipped("// TODO later\nexport const one = 1;"))).toHaveLength(1);
    expect(findMarkers([{ path: "packages/server/src/store/planted.sql", text: "-- FIXME\nselect 1;" }])).toHaveLength(1);
    expect(findMarkers([{ path: "docs/planted.md", text: "TODO: write this" }])).toHaveLength(1);
    expect(findMarkers(shipped('export const text = "// TODO";'))).toEqual([]);
  });

  it("leaves no test out without its reason in this repository", () => {
    expect(formatViolations(findSilencedTests(readTree()))).toEqual([]);
  });

  it("notices a test that is left out in silence, and .only always", () => {
    expect(findSilencedTests(tested('it.skip("x", () => {});'))).toHaveLength(1);
    expect(findSilencedTests(tested('describe.runIf(isRoot)("x", () => {});'))).toHaveLength(1);
    expect(findSilencedTests(tested('// why\nit.only("x", () => {});'))).toHaveLength(1);
    expect(findSilencedTests(tested("test.skip(!isRoot);"))).toHaveLength(1);
    expect(findSilencedTests(tested('test.skip(!isRoot, "only root can become another user");'))).toEqual([]);
    expect(findSilencedTests(tested('// Only root can become another user.\nit.runIf(isRoot)("x", () => {});'))).toEqual([]);
  });

  it("opens no door for tests in shipped code of this repository", () => {
    expect(formatViolations(findTestDoors(readTree()))).toEqual([]);
  });

  it("notices a door for tests", () => {
    expect(findTestDoors(shipped("export type Options = { __test__fail: boolean };"))).toHaveLength(1);
    expect(findTestDoors(shipped('if (env.NODE_ENV === "test") stop();'))).toHaveLength(1);
    expect(findTestDoors(shipped("export const latest = attest(1);"))).toEqual([]);
  });
});
