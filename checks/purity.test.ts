import { describe, expect, it } from "vitest";
import { findImpurities, findProcessDoors } from "./lib/purity.ts";
import { readTree } from "./lib/tree.ts";
import { formatViolations } from "./lib/violation.ts";

const pure = (text: string) => [{ path: "packages/server/src/model/planted.ts", text }];

describe("purity", () => {
  it("holds in the schedule package and in model/", () => {
    expect(formatViolations(findImpurities(readTree()))).toEqual([]);
  });

  it("leaves environment, exit and command line to boot/ and the CLI", () => {
    expect(formatViolations(findProcessDoors(readTree()))).toEqual([]);
  });

  it.each([
    ["const now = Date.now();"],
    ["const now = new Date();"],
    ["const now = globalThis.performance.now();"],
    ["const dice = Math.random();"],
    ["const id = crypto.randomUUID();"],
    ["setTimeout(() => {}, 1);"],
    ["const zone = process.env.TZ;"],
    ['import { readFile } from "node:fs/promises";'],
    ['import { createHash, randomBytes } from "node:crypto";'],
  ])("notices %s", (text) => {
    expect(findImpurities(pure(text))).toHaveLength(1);
  });

  it.each([
    ["const day = new Date(0);"],
    ["// Date.now() would tie the answer to the machine\nexport const one = 1;"],
    ['const text = "Math.random()";'],
    ['import { createHash, hash } from "node:crypto";'],
  ])("accepts %s", (text) => {
    expect(findImpurities(pure(text))).toEqual([]);
  });

  it.each([["process.env.HOME"], ["process.exit(1)"], ["process.argv[2]"]])("notices %s outside boot/", (text) => {
    expect(findProcessDoors([{ path: "packages/server/src/engine/planted.ts", text }])).toHaveLength(1);
    expect(findProcessDoors([{ path: "packages/server/src/boot/planted.ts", text }])).toEqual([]);
  });
});
