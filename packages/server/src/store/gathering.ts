import { isUnavailable, type Queryable } from "./database.ts";

/** What callers ask for one by one, done for all who ask at the same time; answers in the order of the items. */
export type Batch<I, O> = (db: Queryable, group: number, items: readonly I[]) => Promise<readonly O[]>;

type Waiting<I, O> = { item: I; resolve(answer: O): void; reject(error: unknown): void };
type Line<I, O> = { waiting: Waiting<I, O>[]; underWay: number };

/** One more than a single batch, so that the next is sent while the last is waiting for the disk. */
const batchesAtOnce = 2;

/**
 * Lets callers ask one by one and serves them together: whoever asks while a statement is under way goes along with the next one. Nobody is waited for, so that one who
 * asks alone is served at once. 32 clients that create jobs need a tenth of the statements, and of what commits cost.
 *
 * A batch is of one group (a tenant, where clients ask: nobody is slowed down by what a stranger asks) and of one pool or transaction: nobody comes into another's. An item that cannot be
 * carried out fails by itself: its neighbours are tried again one by one, unless it is the database that is away.
 *
 * @param most items a statement
 */
export function gathered<I, O>(most: number, carryOut: Batch<I, O>): (db: Queryable, group: number, item: I) => Promise<O> {
  const lines = new WeakMap<Queryable, Map<number, Line<I, O>>>();

  const serve = async (db: Queryable, group: number, asked: readonly Waiting<I, O>[]): Promise<void> => {
    try {
      const answers = await carryOut(
        db,
        group,
        asked.map(({ item }) => item),
      );
      asked.forEach(({ resolve }, index) => resolve(answers[index] as O));
    } catch (error) {
      if (asked.length === 1 || isUnavailable(error)) for (const { reject } of asked) reject(error);
      else for (const one of asked) await serve(db, group, [one]);
    }
  };
  const send = (db: Queryable, group: number, line: Line<I, O>, ofPool: Map<number, Line<I, O>>): void => {
    if (line.waiting.length === 0) {
      if (line.underWay === 0) ofPool.delete(group);
      return;
    }
    if (line.underWay >= batchesAtOnce) return;
    line.underWay++;
    const ended = (): void => {
      line.underWay--;
      send(db, group, line, ofPool);
    };
    serve(db, group, line.waiting.splice(0, most)).then(ended, ended);
  };
  return (db, group, item) => {
    const ofPool = lines.get(db) ?? new Map<number, Line<I, O>>();
    lines.set(db, ofPool);
    const line = ofPool.get(group) ?? { waiting: [], underWay: 0 };
    ofPool.set(group, line);
    return new Promise<O>((resolve, reject) => {
      // Whatever else has arrived by now goes along: requests come in by turns of the event loop.
      if (line.waiting.push({ item, resolve, reject }) === 1) setImmediate(() => send(db, group, line, ofPool));
    });
  };
}
