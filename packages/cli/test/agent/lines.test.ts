import { expect, test } from "vitest";
import { createLineReader, createTail } from "../../src/agent/lines.ts";

function linesOf(mostChars: number, ...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const reader = createLineReader(mostChars, (line) => lines.push(line));
  for (const chunk of chunks) reader.write(Buffer.from(chunk));
  reader.end();
  return lines;
}

test("lines are cut at their ends, wherever the chunks are cut", () => {
  expect(linesOf(80, "a\nb", "c\r\n", "\n", "end")).toEqual(["a", "bc", "", "end"]);
  expect(linesOf(80, "a\n")).toEqual(["a"]);
  expect(linesOf(80)).toEqual([]);
});

test("a character whose bytes come in two chunks stays whole", () => {
  const euro = Buffer.from("€");
  expect(linesOf(80, euro.subarray(0, 2), euro.subarray(2))).toEqual(["€"]);
});

test("a line without an end comes in pieces, no character torn", () => {
  expect(linesOf(3, "abcdefg")).toEqual(["abc", "def", "g"]);
  expect(linesOf(3, "abcdef\ng")).toEqual(["abc", "def", "g"]);
  expect(linesOf(1, "😀😀\n")).toEqual(["😀", "😀"]);
});

test("the tail is the last bytes, from a whole character on", () => {
  const tail = createTail(5);
  tail.write(Buffer.from("first "));
  tail.write(Buffer.from("a€€"));
  expect(tail.text()).toBe("€");
  tail.write(Buffer.from("xy"));
  expect(tail.text()).toBe("€xy");
});
