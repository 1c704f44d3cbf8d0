import type { Command } from "commander";
import { positiveNumber } from "./input.ts";
import type { Io } from "./io.ts";
import { answer } from "./output/answer.ts";
import { exactText } from "./output/when.ts";

/** Items of a table nobody asked the length of: what can be taken in. */
const tableItems = 50;
const pageItems = 200;

/** How often a search that takes long says how far it is. */
const progressEveryMs = 2_000;

/** `searchedTo` of a page that came back short, because its search goes on. */
type Page<T> = { items: T[]; nextCursor: string | null; searchedTo?: string | null };
type ListOptions = { limit?: number; json?: true };

export function withLimit(command: Command): Command {
  return command.option("--limit <count>", `at most this many (default: ${tableItems} in a table, all with --json)`, positiveNumber);
}

/**
 * Answers a list: for programs `{ items, nextCursor }` as the API does, whole or up to the limit; for people a table that says when there is more.
 *
 * @param empty what to say instead of a table without rows
 */
export async function answerList<T>(
  io: Io,
  options: ListOptions,
  fetchPage: (page: { limit: number; cursor?: string }) => Promise<Page<T>>,
  words: { table: (items: readonly T[]) => Promise<string>; empty: string },
): Promise<void> {
  const limit = options.limit ?? (options.json === true ? Number.POSITIVE_INFINITY : tableItems);
  const list = await collectPages(fetchPage, limit, options.json === true ? () => undefined : progress(io));
  await answer(io, options, list, async () => {
    if (list.items.length === 0) return `${words.empty}\n`;
    const more = list.nextCursor === null ? "" : `There are more; ask for them with --limit.\n`;
    return (await words.table(list.items)) + more;
  });
}

/** Asks for no more than is wanted, so that `nextCursor` always continues right behind the last item shown. */
async function collectPages<T>(
  fetchPage: (page: { limit: number; cursor?: string }) => Promise<Page<T>>,
  limit: number,
  report: (searchedTo: string, found: number) => void,
): Promise<Page<T>> {
  const items: T[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await fetchPage({ limit: Math.min(pageItems, limit - items.length), ...(cursor ? { cursor } : {}) });
    items.push(...page.items);
    cursor = page.nextCursor;
    if (page.searchedTo && cursor !== null) report(page.searchedTo, items.length);
  } while (cursor !== null && items.length < limit);
  return { items, nextCursor: cursor };
}

/** Tells a person who waits, on standard error, so that a table can still be piped on. */
function progress(io: Io): (searchedTo: string, found: number) => void {
  let toldMs = io.nowMs();
  return (searchedTo, found) => {
    if (io.nowMs() - toldMs < progressEveryMs) return;
    toldMs = io.nowMs();
    io.err(`Searched back to ${exactText(searchedTo)}, ${found} found; Ctrl-C stops.\n`);
  };
}
