import type { Cluster, FindingPage, ListFindingsQuery, PutSettingsBody, Settings } from "@punctual/contract";
import { type ClientOptions, createCall } from "./call.ts";
import { createAudit } from "./nouns/audit.ts";
import { createBackfills } from "./nouns/backfills.ts";
import { createBreakers } from "./nouns/breakers.ts";
import { createDeadLetters } from "./nouns/dead-letters.ts";
import { createJobs } from "./nouns/jobs.ts";
import { createQueues } from "./nouns/queues.ts";
import { createRestoreMode } from "./nouns/restore-mode.ts";
import { createRuns } from "./nouns/runs.ts";
import { createSchedules } from "./nouns/schedules.ts";
import { createWorkers } from "./nouns/workers.ts";

/**
 * A client of one server and one API key. It holds no connection of its own and needs no closing.
 *
 * ```ts
 * const punctual = createClient({ baseUrl: "http://127.0.0.1:8080", apiKey });
 * await punctual.jobs.create({ name: "report", cron: "0 9 * * *", target: { type: "http", url: "https://example.com/report" } });
 * ```
 */
export function createClient(options: ClientOptions) {
  const call = createCall(options);
  return {
    jobs: createJobs(call),
    runs: createRuns(call),
    deadLetters: createDeadLetters(call),
    audit: createAudit(call),
    queues: createQueues(call),
    breakers: createBreakers(call),
    backfills: createBackfills(call),
    cluster: {
      /** The nodes, the shards and who owns them; needs a key with the scope `operate`. */
      get: (): Promise<Cluster> => call("getCluster", {}),
      /** One page of what the watchdog found; needs the same scope. */
      findings: (query: ListFindingsQuery = {}): Promise<FindingPage> => call("listFindings", { query }),
    },
    restoreMode: createRestoreMode(call),
    schedules: createSchedules(call),
    workers: createWorkers(call),
    settings: {
      /** The tenant's defaults. */
      get: (): Promise<Settings> => call("getSettings", {}),
      /** Replaces them whole; what is left out goes back to Punctual's own. Jobs that exist keep what they have. */
      put: (body: PutSettingsBody): Promise<Settings> => call("putSettings", { body }),
    },
  };
}

export type Client = ReturnType<typeof createClient>;
