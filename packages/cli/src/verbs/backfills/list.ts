import type { ListBackfillsQuery } from "@punctual/contract";
import { Option } from "commander";
import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { jobIdOf } from "../../job-reference.ts";
import { answerList, withLimit } from "../../list.ts";
import { withJson } from "../../output/answer.ts";
import { backfillTable } from "../../output/backfill.ts";
import type { Verb } from "../../verb.ts";

type Options = ConnectionOptions & { job?: string; status?: string; limit?: number; json?: true };

export const verb: Verb = {
  examples: [{ command: "punctual backfills list --status running", does: "what is being made up for now" }],
  define: (command, io) => {
    withJson(withConnection(withLimit(command)))
      .option("--job <job>", "only backfills of this job, by its id or its name")
      .addOption(new Option("--status <status>", "only backfills in this status").choices(["running", "paused", "done", "cancelled"]))
      .action(async (options: Options) => {
        const client = connect(io, options);
        const { job, status } = options;
        const filters = { status, jobId: job === undefined ? undefined : await jobIdOf(client, job) } as ListBackfillsQuery;
        await answerList(io, options, (page) => client.backfills.list({ ...filters, ...page }), {
          table: (backfills) => backfillTable(io, backfills),
          empty: "No backfill. Start one with punctual jobs backfill <job> --from <time> --to <time>.",
        });
      });
  },
};
