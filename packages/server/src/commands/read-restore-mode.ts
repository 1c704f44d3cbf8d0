import type { RestoreMode } from "@punctual/contract";
import { type JobDefinition, planOf } from "../model/job-definition.ts";
import { passOver } from "../model/pass-over.ts";
import { readClock } from "../store/clock.ts";
import type { Queryable } from "../store/database.ts";
import { type OpenRestore, readHighWater } from "../store/high-water.ts";
import { countLiveBefore } from "../store/restored-runs.ts";
import { beginRestore, readStanding, type StandingRow } from "../store/restores.ts";
import type { Operation } from "./operation.ts";
import { cutPage, pageCursor } from "./page-cursor.ts";
import { instant, instantOrNull } from "./views.ts";

const defaultPage = 50;
/** Enough for a person to judge by. */
const countedMost = 10_000;

export const getRestoreMode: Operation<"getRestoreMode"> = async ({ db }, { query }) => {
  const { cursor, limit = defaultPage } = query;
  const pages = pageCursor(0, "restore", []);
  const [shard = "", jobId = ""] = pages.read(cursor)?.split("/") ?? [];
  const restore = (await readHighWater(db))?.restore ?? null;
  if (restore === null) return { status: 200, body: { restore: null, items: [], nextCursor: null } };
  const nowMs = await readClock(db);
  const after = shard === "" ? null : { shard: Number(shard), jobId };
  const { rows, lastKey } = cutPage(await readStanding(db, { after, dueByMs: nowMs, limit: limit + 1 }), limit, keyOf);
  const items = rows.map((row) => standingView(row, nowMs));
  return { status: 200, body: { restore: await view(db, restore), items, nextCursor: pages.after(lastKey) } };
};

export const beginRestoreMode: Operation<"beginRestoreMode"> = async ({ db, actor }, { body }) => {
  const detail = `${body?.reason ?? "Firing was stopped by hand"} (${actor})`;
  const restore = await beginRestore(db, { sign: "asked", detail, dataUntilMs: null });
  return { status: 200, body: { restore: restore && (await view(db, restore)), items: [], nextCursor: null } };
};

const keyOf = (row: StandingRow): string => `${row.shard}/${row.job_id}`;

async function view(db: Queryable, { sign, detail, noticedMs, dataUntilMs }: OpenRestore): Promise<RestoreMode["restore"]> {
  const liveRuns = await countLiveBefore(db, noticedMs);
  return { sign, detail, noticedAt: instant(noticedMs), dataUntil: instantOrNull(dataUntilMs), liveRuns };
}

function standingView(row: StandingRow, nowMs: number): RestoreMode["items"][number] {
  const plan = planOf(JSON.parse(row.definition) as JobDefinition, row.job_id);
  const standing = { jobId: row.job_id, nextMs: row.next_ms, fired: row.fired };
  const { occurrences } = passOver(standing, plan, { upToMs: nowMs, nowMs, counts: true, limit: countedMost });
  return {
    jobId: row.job_id,
    tenant: row.tenant,
    jobName: row.job_name,
    firstAt: instant(row.next_ms),
    occurrences: occurrences.length,
    lastAt: instant(occurrences.at(-1)?.nominalMs ?? row.next_ms),
  };
}
