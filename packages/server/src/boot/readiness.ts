import type { Engine } from "../engine/engine.ts";
import { type Database, isReadOnly } from "../store/database.ts";
import { takesWrites } from "../store/primary.ts";

/** Probes have a second or a few; a database that has not answered by then is no place for requests anyway. */
const patienceMs = 2_000;

/**
 * What `/readyz` says: whether the database takes writes and this node holds its lease. Answers within two seconds, and
 * never rejects. A node in restore mode is ready: it serves the API, with which a person ends that.
 */
export async function readiness(
  db: Database,
  engine: () => Pick<Engine, "trusted" | "stoppedBecause"> | null,
): Promise<{ ready: boolean; detail: string }> {
  let timer: NodeJS.Timeout | undefined;
  const impatience = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("timeout")), patienceMs);
  });
  try {
    if (!(await Promise.race([takesWrites(db), impatience]))) return readOnly;
    if (!engine()?.trusted()) return { ready: false, detail: "This node does not hold its lease." };
    const why = engine()?.stoppedBecause() ?? null;
    return { ready: true, detail: why === null ? "ok" : `Restore mode: nothing fires until a person decides. ${why}` };
  } catch (error) {
    return isReadOnly(error) ? readOnly : { ready: false, detail: "The database does not answer." };
  } finally {
    clearTimeout(timer);
  }
}

const readOnly = { ready: false, detail: "The database takes no writes." };
