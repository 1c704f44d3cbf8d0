import { occurrenceRunId, originKey } from "../../packages/server/src/model/ids.ts";
import type { Database } from "../../packages/server/src/store/database.ts";
import { type AttemptResult, settle } from "../../packages/server/src/store/dispatching.ts";
import { type CursorMove, type DueCursor, fire, type NewRun, readDue } from "../../packages/server/src/store/firing.ts";

/** How the hot path is driven: lanes side by side, each with its own shards; runs a statement. */
export type Drive = { lanes: number; batch: number };

export type Lane = { shards: number[]; watermarksMs: number[] };

const shardCount = 256;
/** What the nominal times of a fleet of jobs are apart. */
export type Pace = { everyMs: number; tenantId: number };

export function makeLanes(count: number): Lane[] {
  const shards = Array.from({ length: shardCount }, (_, shard) => shard);
  return Array.from({ length: count }, (_, lane) => {
    const own = shards.filter((shard) => shard % count === lane);
    return { shards: own, watermarksMs: own.map(() => 0) };
  });
}

/**
 * Due, fire held, settle, with nothing between them, until `isOver`. The settle of a batch goes on while the next one is read and fired, as two statements of a node
 * do.
 *
 * @returns runs settled
 */
export async function driveLane(
  db: Database,
  nodeId: number,
  lane: Lane,
  batch: number,
  pace: Pace,
  isOver: () => boolean,
): Promise<number> {
  const perShard = Math.max(1, Math.ceil(batch / lane.shards.length));
  const watermarksMs = new Map(lane.shards.map((shard, index) => [shard, lane.watermarksMs[index] ?? 0]));
  let runs = 0;
  let settling: Promise<void> = Promise.resolve();
  const settleAll = async (results: readonly AttemptResult[]): Promise<void> => {
    runs += (await settle(db, results)).size;
  };
  while (!isOver()) {
    const due = await readDue(db, { shards: lane.shards, watermarksMs: [...watermarksMs.values()] }, perShard);
    if (due.length === 0) continue;
    const { moves, born } = decide(due, pace);
    const { live } = await fire(db, nodeId, moves, born);
    // Rows come oldest first within a shard: the last is as far as it was looked at.
    for (const { shard, due_ms: dueMs } of due) watermarksMs.set(shard, dueMs);
    await settling;
    settling = settleAll(born.filter((run) => live.has(run.runId)).map((run) => succeeded(run, nodeId, run.nominalMs)));
  }
  await settling;
  for (const [index, shard] of lane.shards.entries()) lane.watermarksMs[index] = watermarksMs.get(shard) ?? 0;
  return runs;
}

function decide(due: readonly DueCursor[], { everyMs, tenantId }: Pace): { moves: CursorMove[]; born: NewRun[] } {
  const placement = { priority: 4, origin: originKey(tenantId, "limit"), queue: null, concurrencyKey: null, pulled: false };
  const moves: CursorMove[] = [];
  const born: NewRun[] = [];
  for (const { shard, job_id: jobId, revision, next_ms: nextMs, place } of due) {
    const laterMs = nextMs + everyMs;
    moves.push({ shard, jobId, revision, nextMs, next: { nominalMs: laterMs, dueMs: laterMs }, counted: 1, place });
    const runId = occurrenceRunId(jobId, nextMs);
    born.push({ shard, jobId, runId, nominalMs: nextMs, state: "running", placement, expiresMs: null, held: null, reason: null });
  }
  return { moves, born };
}

function succeeded({ shard, runId }: NewRun, holder: number, startedMs: number): AttemptResult {
  const texts = { failureClass: null, statusCode: 204, error: null, output: null, outputTruncated: false, mayHaveBeenSeen: true };
  return {
    ...{ shard, runId, holder, attempt: 1, next: "succeeded", delayMs: 0, reason: null, nextBecause: null, resumes: false, held: null },
    evidence: { outcome: "succeeded", startedMs, durationMs: 0, ...texts },
  };
}
