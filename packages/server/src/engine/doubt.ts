import type { Database } from "../store/database.ts";
import { settle } from "../store/dispatching.ts";
import { readHeldAmong } from "../store/held.ts";
import { type Executor, unbegun } from "./executor.ts";
import type { HeldRun } from "./held-run.ts";
import type { Settler } from "./settler.ts";

/** Runs of a fire whose answer never came: if it was carried out, this node holds them and has not begun them. */
export type Doubt = {
  raise(runs: readonly HeldRun[]): void;
  /** While it is, nothing is to be claimed: a run that was just claimed and not begun yet looks like one of these. */
  isOpen(): boolean;
  /** Hands back those that this node holds. @returns whether there was any doubt */
  resolve(): Promise<boolean>;
};

/**
 * What is held is read first and handed back as it is held now. A hand-back on suspicion may come late: by then another node has fired the run, this one has
 * claimed it, in its first attempt again, and begun it.
 */
export function createDoubt(db: Database, executor: Executor, settler: Settler): Doubt {
  let doubtful: readonly HeldRun[] = [];
  let underWay: Promise<void> | null = null;

  const handBack = async (holder: number, runs: readonly HeldRun[]): Promise<void> => {
    const held = await readHeldAmong(db, holder, runs);
    const unknown = held.filter(({ run_id: runId }) => !executor.has(runId) && !settler.has(runId));
    if (unknown.length === 0) return;
    await settle(
      db,
      unknown.map(({ shard, run_id: runId, attempt, held_ms: heldMs }) => unbegun({ shard, runId, attempt, holder, heldMs })),
    );
  };

  const resolveSome = async (): Promise<void> => {
    const asked = doubtful;
    // More than one when the node has joined anew meanwhile.
    for (const holder of new Set(asked.map((run) => run.holder))) await handBack(holder, asked);
    doubtful = doubtful.filter((run) => !asked.includes(run));
  };

  return {
    raise: (runs) => {
      doubtful = [...doubtful, ...runs];
    },
    isOpen: () => doubtful.length > 0,
    // One after the other: a second one that had begun before would read, after the first has let claims go on, what was just claimed and not begun yet.
    async resolve() {
      const any = doubtful.length > 0;
      while (doubtful.length > 0) {
        underWay ??= resolveSome().finally(() => {
          underWay = null;
        });
        await underWay;
      }
      return any;
    },
  };
}
