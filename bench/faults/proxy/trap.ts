import type { Mode } from "./modes.ts";

/** Waits for a node to send one of these statements; the way is in `mode` from that statement on. */
export type Trap = { statements: readonly string[]; mode: Mode; sprung(statement: string): void };

/**
 * The first of these prepared statements that a node asks for in what it sends, or null. The name of a statement that is to be executed stands between two zero bytes (the
 * end of the portal's name before it, its own end); it comes at the beginning of what belongs to it, which fits into one piece.
 */
export function statementIn(sent: Buffer, names: readonly string[]): string | null {
  return names.find((name) => sent.includes(`\0${name}\0`)) ?? null;
}
