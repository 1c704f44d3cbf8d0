import type { Database } from "../../src/store/database.ts";
import type { Begun } from "./ledger.ts";
import type { Process } from "./node.ts";
import type { Life } from "./timeline.ts";
import type { Answer, Statement } from "./way.ts";

export type Watch = {
  /** A statement was carried out. */
  saw(statement: Statement, answer: Answer): void;
  /** An attempt began; it is looked at when this happening is over. */
  began(begun: Begun): void;
  /** Looks at what began: whether the node holds the run in that attempt, and has its lease. */
  audit(): Promise<void>;
  /** What the watch itself lacked: a guard that never had anything to look at guards nothing. */
  gaps(): string[];
};

type Held = { attempt: number; holder: string; has_lease: boolean };
const heldSql =
  "select attempt, holder, simulation.has_lease(holder) as has_lease from punctual.live_runs where run_id = $1 and state = 'running'";

/** What cannot be seen in the rows: what a node thought when it wrote them. */
export function createWatch(db: Database, processes: () => ReadonlyMap<Life, Process>, breach: (what: string) => void): Watch {
  const toAudit: Begun[] = [];
  /** Buried although they may live: the connection of their lease broke, and they missed a renewal. */
  const takenForCrashed = new Set<number>();
  let takings = 0;

  const sawTaking = ({ values }: Statement, { rows }: Answer): void => {
    const [nodeId, shards, epochs] = values as [number, number[], number[]];
    takings++;
    const asked = new Map(shards.map((shard, index) => [shard, epochs[index] ?? 0]));
    for (const { shard, epoch } of rows as { shard: number; epoch: string }[]) {
      const readEpoch = asked.get(shard);
      if (Number(epoch) !== (readEpoch ?? 0) + 1)
        breach(`node ${nodeId} took shard ${shard}, read at epoch ${readEpoch}, from epoch ${Number(epoch) - 1}`);
    }
  };

  return {
    saw(statement, answer) {
      if (statement.name.startsWith("update punctual.shards s set owner = $1")) sawTaking(statement, answer);
      if (statement.name.startsWith("with late as materialized"))
        for (const { node_id: nodeId } of answer.rows) takenForCrashed.add(Number(nodeId));
    },
    began: (begun) => void toAudit.push(begun),
    async audit() {
      for (const { runId, attempt, life } of toAudit.splice(0)) {
        const nodeIds = processes().get(life)?.nodeIds ?? [];
        const [held] = (await db.query<Held>({ name: "audit", text: heldSql, values: [runId] })).rows;
        if (held?.attempt === attempt && held.has_lease && nodeIds.includes(Number(held.holder))) continue;
        if (nodeIds.some((nodeId) => takenForCrashed.has(nodeId))) continue;
        const found = held
          ? `attempt ${held.attempt} is held by ${held.holder}, ${held.has_lease ? "with" : "without"} its lease`
          : "nobody holds it";
        breach(`${life.name}, once ${nodeIds.join(" and ")}, began attempt ${attempt} of run ${runId}: ${found}`);
      }
    },
    gaps: () => (takings === 0 ? ["no taking of a shard was seen; has its statement changed?"] : []),
  };
}
