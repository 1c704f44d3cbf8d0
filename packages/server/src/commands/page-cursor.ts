import { hash } from "node:crypto";
import { PunctualError } from "@punctual/contract";

/** What the last key of a page may look like. A forger can compute the checksum, so that a key is read as nothing but what its list sorts by. */
const keyShapes = {
  jobs: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  /** A job's name. */
  named_jobs: /^\P{Cc}{1,200}$/u,
  backfills: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  dead_letters: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  runs: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  /** A run, and when the next replay may begin in epoch ms. */
  replays: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}@\d{1,15}$/,
  /** A job, or a job and the nominal time in epoch ms where it goes on. */
  audit: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(@-?\d{1,15})?$/,
  /** Shard, job and kind. */
  findings: /^\d{1,3}\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\/[a-z_]{1,32}$/,
  /** Shard and job. */
  restore: /^\d{1,3}\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  queues: /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
  /** An origin. */
  breakers: /^[a-z]+:\S{1,2048}$/,
  /** Attempt and line. */
  logs: /^\d{1,9}\/\d{1,9}$/,
  /** Nominal time in epoch ms. */
  occurrences: /^-?\d{1,15}$/,
} as const;

/**
 * Opaque cursors: the last key of a page, bound by a checksum to tenant, list and filters, so that a cursor used with other filters is refused instead of
 * giving a page that fits neither. No secret: a cursor grants nothing, every query filters by tenant anyway.
 */
export function pageCursor(tenantId: number, list: keyof typeof keyShapes, filters: unknown) {
  const binding = JSON.stringify([tenantId, list, filters]);
  const seal = (key: string): string => Buffer.from(`${key}.${hash("sha256", `${binding}/${key}`).slice(0, 16)}`).toString("base64url");
  return {
    /** The cursor after an item with this key; null when there are no more items. */
    after: (key: string | null): string | null => (key === null ? null : seal(key)),
    /** @throws PunctualError cursor_invalid */
    read(cursor: string | undefined): string | null {
      if (cursor === undefined) return null;
      const text = Buffer.from(cursor, "base64url").toString("utf8");
      const key = text.slice(0, text.lastIndexOf("."));
      if (!keyShapes[list].test(key) || seal(key) !== cursor) {
        const message = "The cursor was not returned by this list with these filters.";
        throw new PunctualError("cursor_invalid", message, { faults: [{ pointer: "cursor", message }] });
      }
      return key;
    },
  };
}

/** Cuts the extra item that tells whether there is a next page. */
export function cutPage<T>(rows: T[], limit: number, keyOf: (row: T) => string): { rows: T[]; lastKey: string | null } {
  const last = rows[limit - 1];
  return rows.length > limit && last !== undefined ? { rows: rows.slice(0, limit), lastKey: keyOf(last) } : { rows, lastKey: null };
}
