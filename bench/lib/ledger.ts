import { closeSync, openSync, readSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import type { ArrivalFact } from "./history.ts";

export type Ledger = {
  /** What was written since the last call. A line that is not complete yet comes with a later call. */
  read(): ArrivalFact[];
};

/** Follows the receiver's append-only file. */
export function followLedger(path: string): Ledger {
  const chunk = Buffer.alloc(1024 * 1024);
  const decoder = new StringDecoder("utf8");
  let offset = 0;
  let rest = "";
  return {
    read() {
      const file = openSync(path, "r");
      try {
        for (let got = readSync(file, chunk, 0, chunk.length, offset); got > 0; got = readSync(file, chunk, 0, chunk.length, offset)) {
          offset += got;
          rest += decoder.write(chunk.subarray(0, got));
        }
      } finally {
        closeSync(file);
      }
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      return lines.map((line) => JSON.parse(line) as ArrivalFact);
    },
  };
}
