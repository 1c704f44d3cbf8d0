import { type Queryable, withinTransaction } from "./database.ts";
import type { JobFilters } from "./job-filters.ts";
import { fewWithLabels } from "./job-list-few.ts";
import { keyOf, next, readJobs, these, walkInOrder } from "./job-list-statements.ts";
import type { JobRow } from "./jobs.ts";

export type JobListPage = {
  /** At most as many as asked for. */
  rows: JobRow[];
  /** The key after which the list goes on, an id or with a name prefix a name; null when it has come to the end. */
  nextAfter: string | null;
};

/** How far one page looks. */
export type ListPace = { firstJobs: number; budgetMs: number };

/** A page of under 50 ms with what is around the statements; the first piece tells how common the labels are, and is what a page takes at least where jobs come from the disk. */
const usualPace: ListPace = { firstJobs: 200, budgetMs: 15 };
/** Labels that fewer of the first jobs have are rare: a page of them needs more jobs than it looks at. */
const rareShare = 0.005;

/**
 * A page of a tenant's jobs, newest first, as ids sort by creation; with a name prefix by name, in which order an index has them. The other filters are in no index in
 * either order. So it looks piece by piece, each twice the size of the one before, until the page is full, the jobs are at their end, or its time is over: then it
 * says how far it came, and a page may have few jobs or none though there are more. Of a rare label an index tells the few jobs there are; then these are the rest.
 *
 * @param after the key that the page before ended with, or null for the first page
 */
export async function listJobs(
  db: Queryable,
  tenantId: number,
  filters: JobFilters,
  page: { after: string | null; limit: number },
  pace: ListPace = usualPace,
): Promise<JobListPage> {
  return withinTransaction(db, async (tx) => {
    await tx.query(walkInOrder);
    const rows: JobRow[] = [];
    const wanted = page.limit + 1;
    const cut = (reached: string | null): JobListPage => {
      const last = rows[page.limit - 1];
      return rows.length === wanted && last
        ? { rows: rows.slice(0, page.limit), nextAfter: keyOf(filters, last) }
        : { rows, nextAfter: reached };
    };
    const first = everyOneMatches(filters) ? wanted : Math.max(pace.firstJobs, wanted);
    const startedMs = performance.now();
    for (let after = page.after, jobs = first; ; jobs *= 2) {
      const pieceStartedMs = performance.now();
      const piece = await readJobs(tx, tenantId, filters, next(filters, after, jobs), wanted - rows.length);
      rows.push(...piece.rows);
      after = piece.reached;
      if (after === null || rows.length === wanted) return cut(after);
      const pieceMs = performance.now() - pieceStartedMs;
      const few = jobs === first && piece.labelled < rareShare * jobs ? await fewWithLabels(tx, tenantId, filters.labels) : null;
      if (few) {
        rows.push(...(await readJobs(tx, tenantId, filters, these(filters, after, few), wanted - rows.length)).rows);
        return cut(null);
      }
      // The next piece takes about twice as long as this one.
      if (performance.now() - startedMs + 2 * pieceMs > pace.budgetMs) return cut(after);
    }
  });
}

/** Whether no job is looked at in vain. */
function everyOneMatches({ labels, namePrefix: _inOrder, ...others }: JobFilters): boolean {
  return labels.length === 0 && Object.keys(others).length === 0;
}
