import { limits } from "@punctual/contract";
import { originKey, shardOf } from "../model/ids.ts";
import { type JobDefinition, jobDefaults } from "../model/job-definition.ts";
import { type Placement, placementOf } from "../model/placement.ts";
import { readClock } from "../store/clock.ts";
import { countDeadLetters, type DeadLetterFilters, findDeadLetters, mostToLookAt } from "../store/dead-letter-search.ts";
import { discardRuns, readDeadLetters, writeNote } from "../store/dead-letters.ts";
import { type Replay, replayRuns } from "../store/retrying.ts";
import { acceptFilter } from "./dead-letter-filter.ts";
import type { Guests } from "./guests.ts";
import type { CommandContext, Operation } from "./operation.ts";
import { pageCursor } from "./page-cursor.ts";
import { deadLetterViews, planKey, plansOf, requireDeadLetter } from "./read-dead-letters.ts";
import { retryRun } from "./retry-run.ts";
import { instant } from "./views.ts";

const defaultLimit = 1_000;
/** Written in one statement. */
const pageItems = 1_000;
/** A filter that matches next to nothing ends a request after this many looks, and goes on with the cursor. */
const mostLooks = 20;
const defaultPace = 10;
const defaultReason = "discarded";

export function replayDeadLetters(guests: Guests): Operation<"replayDeadLetters"> {
  return async (context, { body: { filter, dryRun = false, limit = defaultLimit, pace = defaultPace, cursor } }) => {
    const filters = acceptFilter(context.tenantId, filter);
    const pages = pageCursor(context.tenantId, "replays", filters);
    const [pastId = null, goOnMs = "0"] = pages.read(cursor)?.split("@") ?? [];
    if (dryRun) {
      const counted = await preview(context, filters);
      return { status: 200, body: { ...counted, replayed: 0, lastStartAt: null } };
    }
    const beginMs = Math.max(await readClock(context.db), Number(goOnMs));
    const beginOf = (index: number): number => Math.round(beginMs + (index * 1_000) / pace);
    let replayed = 0;
    const { matched, stopId } = await inPages(context, filters, { pastId, limit }, async (runIds, before) => {
      const replays = await placed(context, guests, runIds);
      replayed += await replayRuns(
        context.db,
        context.tenantId,
        replays.map((replay, index) => ({ ...replay, beginMs: beginOf(before + index) })),
      );
      // The first may begin now; whoever owns the others' shards finds them when their time comes.
      const [first] = runIds;
      if (before === 0 && first !== undefined) context.wake(shardOf(first));
    });
    return {
      status: 200,
      body: {
        dryRun,
        matched,
        replayed,
        more: stopId !== null,
        nextCursor: pages.after(stopId === null ? null : `${stopId}@${beginOf(matched)}`),
        lastStartAt: matched === 0 ? null : instant(beginOf(matched - 1)),
      },
    };
  };
}

/** As the retry of a run, for one that is on the list. */
export function replayDeadLetter(guests: Guests): Operation<"replayDeadLetter"> {
  const retry = retryRun(guests);
  return async (context, { params }) => {
    await requireDeadLetter(context, params.runId);
    const { body } = await retry(context, { params, query: undefined, body: undefined, ifMatch: null });
    return { status: 200, body };
  };
}

export const discardDeadLetters: Operation<"discardDeadLetters"> = async (context, { body }) => {
  const { filter, dryRun = false, limit = defaultLimit, cursor, reason = defaultReason } = body;
  const filters = acceptFilter(context.tenantId, filter);
  const pages = pageCursor(context.tenantId, "dead_letters", filters);
  const pastId = pages.read(cursor);
  if (dryRun) return { status: 200, body: { ...(await preview(context, filters)), discarded: 0 } };
  let discarded = 0;
  const { matched, stopId } = await inPages(context, filters, { pastId, limit }, async (runIds) => {
    discarded += await discardRuns(context.db, context.tenantId, runIds, { why: reason, by: context.actor });
  });
  return { status: 200, body: { dryRun, matched, discarded, more: stopId !== null, nextCursor: pages.after(stopId) } };
};

export function discardDeadLetter(guests: Guests): Operation<"discardDeadLetter"> {
  return async (context, { params, body }) => {
    const { run_id: runId } = await requireDeadLetter(context, params.runId);
    await discardRuns(context.db, context.tenantId, [runId], { why: body?.reason ?? defaultReason, by: context.actor });
    return oneAfter(context, guests, runId);
  };
}

export function noteDeadLetter(guests: Guests): Operation<"noteDeadLetter"> {
  return async (context, { params, body }) => {
    const { run_id: runId } = await requireDeadLetter(context, params.runId);
    await writeNote(context.db, context.tenantId, runId, body.note);
    return oneAfter(context, guests, runId);
  };
}

async function oneAfter(context: CommandContext, guests: Guests, runId: string) {
  const row = await requireDeadLetter(context, runId);
  const [body] = await deadLetterViews(context, guests, [row]);
  if (!body) throw new ReferenceError("one row has one view");
  return { status: 200 as const, body };
}

async function preview(context: CommandContext, filters: DeadLetterFilters) {
  const { count, more } = await countDeadLetters(context.db, context.tenantId, filters, limits.deadLettersCounted);
  return { dryRun: true, matched: count, more, nextCursor: null };
}

/**
 * Hands the dead letters that match to `act`, oldest first, a page at a time, each page its own statement: what matches ten million is dealt with in requests
 * of bounded length, and what was dealt with is not found again.
 *
 * @param act gets the ids of a page and how many came before it
 */
async function inPages(
  context: CommandContext,
  filters: DeadLetterFilters,
  from: { pastId: string | null; limit: number },
  act: (runIds: readonly string[], before: number) => Promise<void>,
): Promise<{ matched: number; stopId: string | null }> {
  let matched = 0;
  let stopId = from.pastId;
  for (let looks = 0; looks < mostLooks; looks++) {
    const limit = Math.min(pageItems, from.limit - matched);
    const look = { pastId: stopId, order: "asc", resolved: false, limit, most: mostToLookAt(filters) } as const;
    const found = await findDeadLetters(context.db, context.tenantId, filters, look);
    if (found.ids.length > 0) await act(found.ids, matched);
    matched += found.ids.length;
    stopId = found.stopId;
    if (stopId === null || matched >= from.limit) break;
  }
  return { matched, stopId };
}

/** The runs with their place in the order of claims, by the revision each was fired with; a run that is a dead letter no more is left out. */
async function placed(context: CommandContext, guests: Guests, runIds: readonly string[]): Promise<Omit<Replay, "beginMs">[]> {
  const rows = await readDeadLetters(context.db, context.tenantId, runIds);
  const placements = new Map<string, Placement>();
  for (const [key, plan] of await plansOf(context, rows)) {
    const definition = JSON.parse(plan.definition) as JobDefinition;
    const origin = originKey(context.tenantId, guests.originOf(definition.target));
    placements.set(key, placementOf(context.tenantId, { ...definition, priority: definition.priority ?? jobDefaults.priority }, origin));
  }
  return rows.flatMap((row) => {
    const placement = placements.get(planKey(row));
    return placement ? [{ runId: row.run_id, placement }] : [];
  });
}
