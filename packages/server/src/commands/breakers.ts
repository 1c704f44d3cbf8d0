import { type Breaker, PunctualError } from "@punctual/contract";
import { originKey } from "../model/ids.ts";
import { listBreakers as listRows, type ShownBreaker, forceBreaker as writeWish } from "../store/breaker-list.ts";
import type { Guests } from "./guests.ts";
import type { Operation } from "./operation.ts";
import { cutPage, pageCursor } from "./page-cursor.ts";
import { instantOrNull } from "./views.ts";

const defaultPage = 50;

export function listBreakers(guests: Guests): Operation<"listBreakers"> {
  return async (context, { query }) => {
    const { target, cursor, limit = defaultPage } = query;
    const pages = pageCursor(context.tenantId, "breakers", { target });
    const origin = target === undefined ? null : originKey(context.tenantId, requireOrigin(guests, target, "target"));
    const found = await listRows(context.db, context.tenantId, { origin, afterTarget: pages.read(cursor) }, limit + 1);
    const { rows, lastKey } = cutPage(found, limit, (row) => row.target);
    return { status: 200, body: { items: rows.map(breakerView), nextCursor: pages.after(lastKey) } };
  };
}

/** Engines read the table twice a second; nothing needs to be woken. */
export function forceBreaker(guests: Guests): Operation<"forceBreaker"> {
  return async (context, { body }) => {
    const target = requireOrigin(guests, body.target, "/target");
    const origin = originKey(context.tenantId, target);
    const forced = body.state === "auto" ? null : body.state;
    await writeWish(context.db, { tenantId: context.tenantId, origin, target }, { forced, by: context.actor, reason: body.reason ?? null });
    const [row] = await listRows(context.db, context.tenantId, { origin, afterTarget: null }, 1);
    if (!row) throw new ReferenceError("a breaker that was written can be read");
    return { status: 200, body: breakerView(row) };
  };
}

/** @throws PunctualError target_invalid */
function requireOrigin(guests: Guests, url: string, pointer: string): string {
  const spec = { type: "http" as const, url };
  const [fault] = guests.check(spec);
  if (!fault) return guests.originOf(spec);
  const message = `The target is not the URL of one that could be called: ${fault.message}.`;
  throw new PunctualError("target_invalid", message, {
    faults: [{ pointer, message: fault.message, found: url, expected: "such as https://example.com" }],
  });
}

function breakerView(row: ShownBreaker): Breaker {
  return {
    target: row.target,
    state: row.state,
    forced: row.forced,
    forcedBy: row.forced_by,
    reason: row.reason,
    heldRuns: row.held_runs,
    openedAt: row.state === "closed" ? null : instantOrNull(row.opened_ms),
    nextProbeAt: row.state === "open" && row.forced === null ? instantOrNull(row.probe_ms) : null,
    healedAt: row.state === "recovering" ? instantOrNull(row.healed_ms) : null,
  };
}
