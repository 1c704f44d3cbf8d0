import { StringDecoder } from "node:string_decoder";

export type LineReader = { write(chunk: Buffer): void; end(): void };

/**
 * Cuts a stream of bytes into lines of UTF-8. A line of more than `mostChars` code points comes in pieces: a program that never ends a line must not fill our
 * memory. What the stream's end cuts off counts as a line.
 */
export function createLineReader(mostChars: number, onLine: (line: string) => void): LineReader {
  const decoder = new StringDecoder("utf8");
  const pieces = new RegExp(`.{1,${mostChars}}`, "gsu");
  const piecesOf = (line: string): string[] => line.match(pieces) ?? [""];
  let rest = "";
  const take = (text: string): void => {
    const lines = (rest + text).split("\n");
    const open = piecesOf(lines.pop() ?? "");
    rest = open.pop() ?? "";
    for (const line of lines) piecesOf(line.replace(/\r$/, "")).forEach((piece) => onLine(piece));
    open.forEach((piece) => onLine(piece));
  };
  return {
    write: (chunk) => take(decoder.write(chunk)),
    end: () => {
      take(decoder.end());
      if (rest !== "") onLine(rest);
      rest = "";
    },
  };
}

export type Tail = { write(chunk: Buffer): void; text(): string };

/** Keeps the last `mostBytes` of what was written, cut at a character. */
export function createTail(mostBytes: number): Tail {
  let kept = Buffer.alloc(0);
  return {
    write: (chunk) => {
      kept = Buffer.concat([kept, chunk]).subarray(-mostBytes);
    },
    text: () => {
      let start = 0;
      // Bytes 10xxxxxx go on with a character whose beginning was cut off.
      while (start < 3 && ((kept[start] ?? 0) & 0xc0) === 0x80) start++;
      return kept.subarray(start).toString("utf8");
    },
  };
}
