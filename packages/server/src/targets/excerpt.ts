import { StringDecoder } from "node:string_decoder";
import { limits } from "@punctual/contract";

/** The beginning of an answer, gathered chunk by chunk without ever holding more than the limit. */
export type Excerpt = {
  add(chunk: Uint8Array): void;
  /** All bytes that came by, kept or not. */
  readonly seenBytes: number;
  /** The kept text; null when nothing came. `complete` says that the answer ended, so that a character cut in half is its fault and not ours. */
  read(complete: boolean): { output: string | null; outputTruncated: boolean };
};

/**
 * An excerpt of at most 16 KiB, as text that PostgreSQL can store: bytes that are not UTF-8, and U+0000, become U+FFFD. A NUL is legal in an answer but in
 * no `text` or `jsonb` value (SQLSTATE 22021, 22P05); kept as it is, one receiver could poison the batch in which the results of all others are written.
 * Other control characters stay: escaping is for whoever shows them.
 */
export function createExcerpt(limitBytes: number = limits.outputBytes): Excerpt {
  const kept: Uint8Array[] = [];
  let keptBytes = 0;
  let seenBytes = 0;
  return {
    add(chunk) {
      seenBytes += chunk.byteLength;
      if (keptBytes === limitBytes) return;
      // A copy, not a view: a view of 1 byte would keep the whole chunk it came in (64 KiB) alive until the result is written.
      const piece = Uint8Array.prototype.slice.call(chunk, 0, limitBytes - keptBytes);
      keptBytes += piece.byteLength;
      kept.push(piece);
    },
    get seenBytes() {
      return seenBytes;
    },
    read(complete) {
      if (keptBytes === 0) return { output: null, outputTruncated: seenBytes > 0 };
      const bytes = Buffer.concat(kept);
      const outputTruncated = !complete || seenBytes > keptBytes;
      // A decoder leaves out a character whose rest was cut off; toString would make U+FFFD of it.
      const text = outputTruncated ? new StringDecoder("utf8").write(bytes) : bytes.toString("utf8");
      return { output: text.replaceAll("\u0000", "\ufffd"), outputTruncated };
    },
  };
}
