import { describe, expect, it } from "vitest";
import { findLongFiles } from "./lib/length.ts";
import { readTree } from "./lib/tree.ts";
import { formatViolations } from "./lib/violation.ts";

const fileOf = (lines: number) => [{ path: "packages/server/src/planted.ts", text: "x\n".repeat(lines) }];
const listed = (lines: number) => ({ "packages/server/src/planted.ts": { lines, reason: "planted" } });

describe("file length", () => {
  it("stays within the aim, or is explained, in this repository", () => {
    expect(formatViolations(findLongFiles(readTree()))).toEqual([]);
  });

  it("accepts the aim, and an explained file of the size it was explained at", () => {
    expect(findLongFiles(fileOf(250), {})).toEqual([]);
    expect(findLongFiles(fileOf(300), listed(300))).toEqual([]);
  });

  it("notices an unexplained long file, a grown one, and one beyond the wall", () => {
    expect(findLongFiles(fileOf(251), {})).toHaveLength(1);
    expect(findLongFiles(fileOf(301), listed(300))).toHaveLength(1);
    expect(findLongFiles(fileOf(401), listed(500))).toHaveLength(1);
  });

  it("makes the list shrink with the files", () => {
    expect(findLongFiles(fileOf(290), listed(300))).toHaveLength(1);
    expect(findLongFiles(fileOf(200), listed(300))).toHaveLength(1);
    expect(findLongFiles([], listed(300))).toHaveLength(1);
  });
});
