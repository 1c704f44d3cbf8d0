import { PunctualError } from "@punctual/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJsonBody } from "../../src/http/json-body.ts";
import { locateJsonFault } from "../../src/http/json-fault.ts";

const parse = (text: string) => parseJsonBody(Buffer.from(text));

describe("a request body", () => {
  it("reads what JSON.parse reads, and nothing where there is nothing", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        const text = JSON.stringify(value);
        // Fields that would reach a prototype are refused; the test below has them.
        fc.pre(!/"(__proto__|constructor)"/.test(text));
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
    expect(parse("")).toBeUndefined();
  });

  const broken: [string, string][] = [
    ["{", "line 1, column 2: expected a field name in double quotes, found the end of the body"],
    ['{"a":x}', 'line 1, column 6: expected a value, found "x"'],
    ['{"a":1,\n "b" 2}', 'line 2, column 6: expected ":", found "2"'],
    ['{"a":1,}', 'line 1, column 8: expected a field name in double quotes, found "}"'],
    ["[1 2]", 'line 1, column 4: expected "," or "]", found "2"'],
    ['{"a":1}}', 'line 1, column 8: expected the end of the body, found "}"'],
    ['"a\nb"', 'line 1, column 3: expected an escape such as \\n instead of a control character, found "\\n"'],
    ['"\\x"', 'line 1, column 2: expected a valid escape, found "\\\\"'],
    ["NaN", 'line 1, column 1: expected a value, found "N"'],
    ["01", 'line 1, column 2: expected the end of the body, found "1"'],
  ];
  it.each(broken)("says where it stops being JSON: %j", (text, where) => {
    expect(() => parse(text)).toThrow(where);
  });

  it("finds a fault exactly where JSON.parse finds one", () => {
    const cut = fc.tuple(fc.json(), fc.nat(), fc.constantFrom("", "]", "}", ",", ":", '"', "\\", "1", "x", "\u0000", "-", "."));
    fc.assert(
      fc.property(cut, ([text, place, inserted]) => {
        const at = place % (text.length + 1);
        const changed = text.slice(0, at) + inserted + text.slice(at + 1);
        expect(locateJsonFault(changed) === null).toBe(isJson(changed));
      }),
      { numRuns: 2_000 },
    );
  });

  it("may be nested 64 deep and no deeper, brackets inside strings not counted", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    expect(parse(nested(64))).toBeInstanceOf(Array);
    expect(() => parse(nested(65))).toThrow(PunctualError);
    expect(parse(JSON.stringify({ payload: "[{".repeat(1_000), quote: '\\"[' }))).toBeInstanceOf(Object);
  });

  it.each([10_000, 1_000_000])("is refused within 50 ms when nested %i deep", (depth) => {
    const body = Buffer.from("[".repeat(depth));
    // The best of three, as the machine may be busy.
    const tookMs = [1, 2, 3].map(() => {
      const started = performance.now();
      expect(() => parseJsonBody(body)).toThrow("more than 64 levels");
      return performance.now() - started;
    });
    expect(Math.min(...tookMs)).toBeLessThan(50);
  });

  it("may not reach for a prototype, however the name is spelt", () => {
    for (const text of ['{"__proto__":{"admin":true}}', '{"a":[{"\\u005f_pr\\u006fto__":1}]}', '{"constructor":{"prototype":{}}}']) {
      expect(() => parse(text), text).toThrow(PunctualError);
    }
    expect(parse('{"constructor":"Ferrari"}')).toEqual({ constructor: "Ferrari" });
  });

  it("is refused when it is not UTF-8, instead of being mended in silence", () => {
    expect(() => parseJsonBody(Buffer.from([0x22, 0xff, 0x22]))).toThrow("not valid UTF-8");
  });

  it("has the last one count of a field given twice", () => {
    expect(parse('{"a":1,"a":2}')).toEqual({ a: 2 });
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
