import { LRUCache } from "lru-cache";
import { originKey } from "../model/ids.ts";
import type { JobPlan } from "../model/job-definition.ts";
import { type Placement, placementOf } from "../model/placement.ts";
import type { Database } from "../store/database.ts";
import { type PlanRow, readPlans } from "../store/plans.ts";
import type { Emit } from "../telemetry/events.ts";
import { createPlanSharing } from "./plan-sharing.ts";
import { createSecondUse } from "./second-use.ts";

/** A job's revision, parsed, with what every attempt of it needs. */
export type CachedPlan = {
  plan: JobPlan;
  tenantId: number;
  name: string | null;
  /** JSON text. */
  payload: string | null;
  /** Where its runs wait; its origin is the key of fair slots. */
  placement: Placement;
};

export type PlanCache = {
  /** Plans by `planKey`; one that is missing belongs to a job that is gone, or cannot be used. */
  get(wanted: readonly { jobId: string; revision: number }[]): Promise<Map<string, CachedPlan>>;
  /** This revision cannot be carried out here: reports it once, and leaves it out from now on. */
  condemn(jobId: string, revision: number, error: unknown): void;
};

export const planKey = (jobId: string, revision: number): string => `${jobId}/${revision}`;

/** The random end of the id, without the shard. */
const placeOf = (jobId: string, revision: number): number => (Number.parseInt(jobId.slice(-10, -2), 16) + revision) >>> 0;

/** Room for 100,000 small jobs of which no two are alike, and for 350,000 with few definitions between them; large payloads count for what they weigh. */
const maxBytes = 144 * 1024 * 1024;
/** What an entry takes in the heap besides its plan and its texts, its key and its place in the cache included. */
const entryBytes = 400;
/** A statement with more keys than this gains nothing. */
const chunk = 1_000;
const unusable = "unusable";

/**
 * Revisions never change, so that what is cached is right for ever; only room limits it. A definition that was accepted can still be unusable on this node
 * (a zone its time zone data lacks, say); that is its job's trouble and must not end the scan or the claim it came with.
 *
 * Kept from its second use on: a herd of a million daily jobs would push out what runs every minute, and fill the heap with what no one asks for again.
 */
export function createPlanCache(db: Database, originOf: (plan: JobPlan) => string, emit: Emit): PlanCache {
  const cache = new LRUCache<string, CachedPlan | typeof unusable>({ maxSize: maxBytes });
  const parseDefinition = createPlanSharing();
  const isBack = createSecondUse();
  const condemn = (jobId: string, revision: number, error: unknown): void => {
    cache.set(planKey(jobId, revision), unusable, { size: entryBytes });
    emit({ type: "job_unusable", jobId, revision, error });
  };
  const add = (row: PlanRow): CachedPlan => {
    const { plan, bytes } = parseDefinition(row.definition, row.job_id);
    const placement = placementOf(row.tenant_id, plan, originKey(row.tenant_id, originOf(plan)));
    const entry = { plan, tenantId: row.tenant_id, name: row.name, payload: row.payload, placement };
    const textBytes = 2 * ((row.payload?.length ?? 0) + (row.name?.length ?? 0));
    if (isBack(placeOf(row.job_id, row.revision)))
      cache.set(planKey(row.job_id, row.revision), entry, { size: entryBytes + bytes + textBytes });
    return entry;
  };
  return {
    async get(wanted) {
      const found = new Map<string, CachedPlan>();
      const missing = new Map<string, { jobId: string; revision: number }>();
      for (const key of wanted) {
        const text = planKey(key.jobId, key.revision);
        const cached = cache.get(text);
        if (cached === undefined) missing.set(text, key);
        else if (cached !== unusable) found.set(text, cached);
      }
      const keys = [...missing.values()];
      for (let at = 0; at < keys.length; at += chunk) {
        for (const row of await readPlans(db, keys.slice(at, at + chunk))) {
          try {
            found.set(planKey(row.job_id, row.revision), add(row));
          } catch (error) {
            condemn(row.job_id, row.revision, error);
          }
        }
      }
      return found;
    },
    condemn,
  };
}
