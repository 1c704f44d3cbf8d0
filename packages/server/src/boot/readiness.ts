import { type Database, isReadOnly } from "../store/database.ts";
import { takesWrites } from "../store/primary.ts";

/** Probes have a second or a few; a database that has not answered by then is no place for requests anyway. */
const patienceMs = 2_000;

/** What `/readyz` says: whether the database takes writes and this node holds its lease. Answers within two seconds, and never rejects. */
export async function readiness(db: Database, trusted: () => boolean): Promise<{ ready: boolean; detail: string }> {
  let timer: NodeJS.Timeout | undefined;
  const impatience = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("timeout")), patienceMs);
  });
  try {
    if (!(await Promise.race([takesWrites(db), impatience]))) return readOnly;
    return trusted() ? { ready: true, detail: "ok" } : { ready: false, detail: "This node does not hold its lease." };
  } catch (error) {
    return isReadOnly(error) ? readOnly : { ready: false, detail: "The database does not answer." };
  } finally {
    clearTimeout(timer);
  }
}

const readOnly = { ready: false, detail: "The database takes no writes." };
