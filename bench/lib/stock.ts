import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

type Part = { amount: number; complete: boolean; holds: unknown };
type StockFile = { kind: string; parts: { [part: string]: Part } };

/**
 * Fills a database whose folder is kept, unless it has been filled already: `stock.json` beside it says with what. Written before the filling, too, as a folder that was left half filled would be
 * taken for a full one, or be filled twice.
 *
 * @param kind what the folder is stocked for: another kind's jobs would be in the way
 * @param part what is filled in, in the plural, and `amount` of it
 * @returns what `fill` returned when it filled the folder
 * @throws Error when the folder holds another kind or amount, or was left half filled
 */
export async function stocked<T>(
  folder: string | null,
  { kind, part, amount }: { kind: string; part: string; amount: number },
  fill: () => Promise<T>,
): Promise<T> {
  if (folder === null) return fill();
  const path = join(resolve(folder), "stock.json");
  const found: StockFile = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as StockFile) : { kind, parts: {} };
  const refuse = (why: string): Error => new Error(`${folder} ${why}: name another folder, or remove it`);
  if (found.kind !== kind) throw refuse(`is stocked for another purpose (${found.kind}, not ${kind})`);
  const kept = found.parts[part];
  if (kept && !kept.complete) throw refuse(`was left half filled with ${part}`);
  if (kept && kept.amount !== amount) throw refuse(`holds ${count(kept.amount)} ${part}, and ${count(amount)} are asked for`);
  if (kept) return kept.holds as T;
  const write = (told: Part): void => writeFileSync(path, JSON.stringify({ kind, parts: { ...found.parts, [part]: told } }));
  write({ amount, complete: false, holds: null });
  const holds = await fill();
  write({ amount, complete: true, holds });
  return holds;
}

function count(amount: number): string {
  return amount.toLocaleString("en-US");
}
