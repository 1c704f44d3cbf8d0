import type { ListRunsQuery } from "@punctual/contract";
import { Option } from "commander";
import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { jobIdOf } from "../../job-reference.ts";
import { answerList, withLimit } from "../../list.ts";
import { withJson } from "../../output/answer.ts";
import { runTable } from "../../output/run.ts";
import type { Verb } from "../../verb.ts";

type Options = ConnectionOptions & { job?: string; status?: string; from?: string; to?: string; limit?: number; json?: true };

// The contract's list, which a test compares; importing it would cost 140 ms at every start.
export const runStatuses = ["ready", "running", "waiting", "succeeded", "dead", "cancelled", "skipped"];

export const verb: Verb = {
  examples: [
    { command: "punctual runs list --job report --limit 10", does: "the last ten runs of a job" },
    { command: "punctual runs list --status dead --from 2027-03-01T00:00:00Z", does: "what used up its attempts since that day" },
  ],
  define: (command, io) => {
    withJson(withConnection(withLimit(command)))
      .option("--job <job>", "only runs of this job, by its id or its name")
      .addOption(new Option("--status <status>", "only runs in this status").choices(runStatuses))
      .option("--from <time>", "only runs whose nominal time is at or after this")
      .option("--to <time>", "only runs whose nominal time is before this")
      .action(async (options: Options) => {
        const client = connect(io, options);
        const { status, from, to, job } = options;
        const jobId = job === undefined ? undefined : await jobIdOf(client, job);
        const filters = { status, from, to, jobId } as ListRunsQuery;
        const isFiltered = Object.values(filters).some((value) => value !== undefined);
        await answerList(io, options, (page) => client.runs.list({ ...filters, ...page }), {
          table: (runs) => runTable(io, runs),
          empty: isFiltered
            ? "No run matches."
            : "No runs yet. Start one with punctual jobs trigger <job>, or wait for the next occurrence of a job.",
        });
      });
  },
};
