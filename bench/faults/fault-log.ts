import type { Window } from "../lib/history.ts";

/** A fault that was injected: what, into whom, from when to when (epoch ms of this machine's clock). */
export type FaultMark = Window & { kind: string; on: string };

export type FaultLog = {
  marks: readonly FaultMark[];
  /** A fault of one moment. */
  mark(kind: string, on: string): void;
  /** A fault that lasts as long as `during` does. */
  last<T>(kind: string, on: string, during: () => Promise<T>): Promise<T>;
};

export function createFaultLog(say: (line: string) => void): FaultLog {
  const marks: FaultMark[] = [];
  return {
    marks,
    mark(kind, on) {
      const nowMs = Date.now();
      marks.push({ kind, on, fromMs: nowMs, toMs: nowMs });
      say(`${kind}: ${on}`);
    },
    async last(kind, on, during) {
      const fromMs = Date.now();
      say(`${kind}: ${on}`);
      try {
        return await during();
      } finally {
        marks.push({ kind, on, fromMs, toMs: Date.now() });
      }
    },
  };
}
