import fc from "fast-check";
import { expect, it } from "vitest";
import { createExcerpt } from "../../src/targets/excerpt.ts";

const excerptOf = (chunks: Uint8Array[], limitBytes: number, complete = true) => {
  const excerpt = createExcerpt(limitBytes);
  for (const chunk of chunks) excerpt.add(chunk);
  return excerpt.read(complete);
};

it("keeps an answer that fits as it is, control characters included", () => {
  expect(excerptOf([Buffer.from("a\u001b[31m"), Buffer.from("\r\nü")], 100)).toEqual({
    output: "a\u001b[31m\r\nü",
    outputTruncated: false,
  });
});

it("tells an empty answer from a cut one", () => {
  expect(excerptOf([], 10)).toEqual({ output: null, outputTruncated: false });
  expect(excerptOf([Buffer.from("12345678901")], 10)).toEqual({ output: "1234567890", outputTruncated: true });
  expect(excerptOf([Buffer.from("123")], 10, false)).toEqual({ output: "123", outputTruncated: true });
});

it("never cuts a character in half", () => {
  expect(excerptOf([Buffer.from("aü€😀")], 8)).toEqual({ output: "aü€", outputTruncated: true });
});

it("replaces what is not UTF-8, and the NUL that no PostgreSQL text can hold", () => {
  expect(excerptOf([Buffer.from([0x61, 0xff, 0x00, 0x62])], 10).output).toBe("a\ufffd\ufffdb");
});

it("keeps the same beginning however the answer is cut into chunks", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.integer({ min: 1, max: 100 }), (chunks, limitBytes) => {
      const { output, outputTruncated } = excerptOf(chunks, limitBytes);
      expect(excerptOf([Buffer.concat(chunks)], limitBytes)).toEqual({ output, outputTruncated });
      expect(output ?? "").not.toContain("\u0000");
      expect(outputTruncated).toBe(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0) > limitBytes);
    }),
  );
});

it("holds no more than its limit, and not the chunks it was cut from", () => {
  const chunk = Buffer.alloc(1024 * 1024, "x");
  const excerpt = createExcerpt(16);
  excerpt.add(chunk);
  chunk.fill("y");
  expect(excerpt.read(false).output).toBe("x".repeat(16));
  expect(excerpt.seenBytes).toBe(1024 * 1024);
});
