import type { Cluster, ExplainRequest, Explanation, LintRequest, LintResult, Preview, PreviewRequest } from "@punctual/contract";
import { type ClientOptions, createCall } from "./call.ts";
import { createJobs } from "./nouns/jobs.ts";
import { createRuns } from "./nouns/runs.ts";

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
    cluster: {
      /** The nodes, the shards and who owns them; needs a key with the scope `operate`. */
      get: (): Promise<Cluster> => call("getCluster", {}),
    },
    schedules: {
      /** The next occurrences of a schedule that needs no job. */
      preview: (body: PreviewRequest): Promise<Preview> => call("previewSchedule", { body }),
      /** Why a schedule fires at a time, or not. */
      explain: (body: ExplainRequest): Promise<Explanation> => call("explainSchedule", { body }),
      /** What may surprise the author of a schedule. */
      lint: (body: LintRequest): Promise<LintResult> => call("lintSchedule", { body }),
    },
  };
}

export type Client = ReturnType<typeof createClient>;
