import type { Database } from "../../src/store/database.ts";

/** What becomes of the next statement of a name: never sent, or carried out while its answer is lost. */
export type Fault = { statement: string; when: "before" | "after"; error?: Error };

/** A pool whose statements can be made to fail, by the name they are prepared under. Each fault strikes once. */
export function faultyDatabase(db: Database, faults: Fault[], struck: (fault: Fault) => void = () => {}): Database {
  const faulty = Object.create(db) as Database;
  const query = async (config: { name?: string }, ...rest: unknown[]): Promise<unknown> => {
    const send = db.query as unknown as (config: unknown, ...rest: unknown[]) => Promise<unknown>;
    const index = faults.findIndex((fault) => fault.statement === config.name);
    const [fault] = index < 0 ? [] : faults.splice(index, 1);
    if (fault === undefined) return send.call(db, config, ...rest);
    if (fault.when === "after") await send.call(db, config, ...rest);
    struck(fault);
    throw fault.error ?? new Error("Connection terminated unexpectedly");
  };
  return Object.assign(faulty, { query });
}
