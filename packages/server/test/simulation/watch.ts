import type { Database } from "../../src/store/database.ts";
import { shardStatements } from "./faults.ts";
import type { Begun } from "./ledger.ts";
import type { Process } from "./node.ts";
import type { Life } from "./timeline.ts";
import type { Answer, Statement } from "./way.ts";

export type Watch = {
  /** A statement was carried out. */
  saw(statement: Statement, answer: Answer): void;
  /** An attempt began; it is looked at when this happening is over. */
  began(begun: Begun): void;
  /**
   * Looks at what began: whether the node holds the run in that attempt, and has its lease; at what fired: whether cursors moved from where they were read; and at
   * shards that changed: whether they were as those who changed them knew them, and who took some has its lease.
   */
  audit(): Promise<void>;
  /** What the watch itself lacked: a guard that never had anything to look at guards nothing. */
  gaps(): string[];
};

type Changed = { shard: number; owner: string | null; epoch: string };
type Held = { attempt: number; holder: string; has_lease: boolean };
/** A beat, as it is sent. */
type Asked = [shard: number, runId: string, holder: number, attempt: number];
const heldSql = `select attempt, holder, case when holder < 0 then expires_at > punctual.clock() else simulation.has_lease(holder) end as has_lease
  from punctual.live_runs where run_id = $1 and state = 'running'`;

const changedSql = "delete from simulation.changes returning shard, owner, epoch";
const hasLeaseSql = "select simulation.has_lease($1) as has_lease";

const movedSql = "delete from simulation.moves returning job_id, from_ms";

/** What cannot be seen in the rows: what a node thought when it wrote them. */
export function createWatch(db: Database, processes: () => ReadonlyMap<Life, Process>, breach: (what: string) => void): Watch {
  const toAudit: Begun[] = [];
  const firings: Statement[] = [];
  const changings: Statement[] = [];
  const extended: Asked[] = [];
  /** Buried although they may live: the connection of their lease broke, and they missed a renewal. */
  const takenForCrashed = new Set<number>();
  let takings = 0;
  const unknown = new Set<string>();

  const sawBeats = ({ values }: Statement, { rows }: Answer): void => {
    const asked = new Map((JSON.parse(values[0] as string) as Asked[]).map((beat) => [beat[1], beat]));
    for (const { run_id: runId } of rows as { run_id: string }[]) extended.push(asked.get(runId) as Asked);
  };

  const auditExtended = async ([, runId, holder, attempt]: Asked): Promise<void> => {
    const [held] = (await db.query<Held>({ name: "audit", text: heldSql, values: [runId] })).rows;
    if (held?.attempt === attempt && Number(held.holder) === holder) return;
    breach(`holder ${holder} was told that it has run ${runId} in attempt ${attempt}, which ${held?.holder ?? "nobody"} has`);
  };

  const auditChange = async ({ name, values }: Statement): Promise<void> => {
    const [nodeId, shards, epochs] = values as [number, number[], number[]];
    const known = new Map(shards.map((shard, index) => [shard, epochs[index]]));
    const isTaking = name.startsWith(shardStatements.taking);
    const { rows } = await db.query<Changed>({ name: "changed", text: changedSql, values: [] });
    for (const { shard, owner, epoch } of rows) {
      if (Number(epoch) !== known.get(shard))
        breach(`node ${nodeId}, which knew shard ${shard} at epoch ${known.get(shard)}, changed it at epoch ${epoch}: ${name}`);
      if (!isTaking && Number(owner) !== nodeId) breach(`node ${nodeId} changed shard ${shard} of node ${owner}: ${name}`);
    }
    if (!isTaking || rows.length === 0) return;
    const [asked] = (await db.query<{ has_lease: boolean }>({ name: "has_lease", text: hasLeaseSql, values: [nodeId] })).rows;
    if (!asked?.has_lease) breach(`node ${nodeId}, whose lease has ended, took ${rows.length} shards`);
  };

  const auditBegun = async ({ runId, attempt, life, holder }: Begun): Promise<void> => {
    const nodeIds = holder === null ? (processes().get(life)?.nodeIds ?? []) : [holder];
    const [held] = (await db.query<Held>({ name: "audit", text: heldSql, values: [runId] })).rows;
    if (held?.attempt === attempt && held.has_lease && nodeIds.includes(Number(held.holder))) return;
    if (nodeIds.some((nodeId) => takenForCrashed.has(nodeId))) return;
    const found = held
      ? `attempt ${held.attempt} is held by ${held.holder}, ${held.has_lease ? "with" : "without"} its lease`
      : "nobody holds it";
    breach(`${life.name}, once ${nodeIds.join(" and ")}, began attempt ${attempt} of run ${runId}: ${found}`);
  };

  const auditFiring = async ({ values }: Statement): Promise<void> => {
    const planned = JSON.parse(values[1] as string) as [shard: number, jobId: string, revision: number, nextMs: number][];
    const read = new Map(planned.map(([, jobId, , nextMs]) => [jobId, nextMs]));
    const { rows } = await db.query<{ job_id: string; from_ms: number }>({ name: "moved", text: movedSql, values: [] });
    for (const { job_id: jobId, from_ms: fromMs } of rows)
      if (read.get(jobId) !== fromMs) breach(`the cursor of job ${jobId}, read at ${read.get(jobId)}, was moved on from ${fromMs}`);
  };

  return {
    saw(statement, answer) {
      if (statement.name.startsWith("fire")) firings.push(statement);
      if (statement.name === "extend_leases") sawBeats(statement, answer);
      if (statement.name.startsWith(shardStatements.taking)) takings++;
      if (statement.name.startsWith("update punctual.shards")) {
        changings.push(statement);
        if (!Object.values(shardStatements).some((known) => statement.name.startsWith(known))) unknown.add(statement.name);
      }
      if (statement.name === "bury_crashed") for (const { node_id: nodeId } of answer.rows) takenForCrashed.add(Number(nodeId));
    },
    began: (begun) => void toAudit.push(begun),
    async audit() {
      for (const begun of toAudit.splice(0)) await auditBegun(begun);
      for (const firing of firings.splice(0)) await auditFiring(firing);
      for (const changing of changings.splice(0)) await auditChange(changing);
      for (const each of extended.splice(0)) await auditExtended(each);
    },
    gaps: () => [
      ...(takings === 0 ? ["no taking of a shard was seen; has its statement changed?"] : []),
      ...[...unknown].map((name) => `"${name}" changes shards and is not one of those that are known; has it changed?`),
    ],
  };
}
