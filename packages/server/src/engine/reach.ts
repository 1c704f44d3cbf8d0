import { readClock } from "../store/clock.ts";
import { type Database, onAnswer } from "../store/database.ts";
import { monotonicMs } from "./node-clock.ts";

/**
 * Whether a node's work reaches the database. Its lease has a connection of its own, and may do well while nothing else gets through: a firewall has forgotten the
 * other connections, or the server lets no new ones in.
 */
export type Reach = {
  /** Something is to be asked that is answered in a moment when all is well. */
  ask(): void;
  /** It was answered, or nothing is asked for the time being. */
  rest(): void;
  /** For how long something has been asked while nothing at all was answered; 0 when all is well. */
  silentMs(): number;
  /** Rejects while the database is out of reach. */
  probe(): Promise<unknown>;
};

/** Any answer counts, so that a node that has more to do than connections for it is late, not silent. */
export function createReach(db: Database): Reach {
  let silentSinceMs: number | null = null;
  onAnswer(db, () => {
    if (silentSinceMs !== null) silentSinceMs = monotonicMs();
  });
  return {
    ask: () => {
      silentSinceMs ??= monotonicMs();
    },
    rest: () => {
      silentSinceMs = null;
    },
    silentMs: () => (silentSinceMs === null ? 0 : monotonicMs() - silentSinceMs),
    probe: () => readClock(db),
  };
}
