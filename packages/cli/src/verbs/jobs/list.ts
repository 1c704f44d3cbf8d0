import type { JobStatus, ListJobsQuery } from "@punctual/contract";
import { Option } from "commander";
import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { collect } from "../../input.ts";
import { answerList, withLimit } from "../../list.ts";
import { withJson } from "../../output/answer.ts";
import { jobTable } from "../../output/job.ts";
import type { Verb } from "../../verb.ts";

type Options = ConnectionOptions & {
  status?: JobStatus;
  label?: readonly string[];
  namePrefix?: string;
  nextRunFrom?: string;
  nextRunTo?: string;
  limit?: number;
  json?: true;
};

export const verb: Verb = {
  examples: [
    { command: "punctual jobs list --status paused --label team=billing", does: "the paused jobs of one team" },
    { command: "punctual jobs list --json", does: "every job, for a program" },
  ],
  define: (command, io) => {
    withJson(withConnection(withLimit(command)))
      .addOption(new Option("--status <status>", "only jobs in this status").choices(["active", "paused", "completed"]))
      .option("--label <key=value>", "only jobs with this label, or with this key; repeat it, all must match", collect)
      .option("--name-prefix <text>", "only jobs whose name begins so, by name")
      .option("--next-run-from <time>", "only jobs whose next occurrence is at or after this time")
      .option("--next-run-to <time>", "only jobs whose next occurrence is before this time")
      .action(async (options: Options) => {
        const client = connect(io, options);
        const { status, label, namePrefix, nextRunFrom, nextRunTo } = options;
        const filters = { status, label, namePrefix, nextRunFrom, nextRunTo } as ListJobsQuery;
        const isFiltered = Object.values(filters).some((value) => value !== undefined);
        await answerList(io, options, (page) => client.jobs.list({ ...filters, ...page }), {
          table: (jobs) => jobTable(io, jobs),
          empty: isFiltered
            ? "No job matches."
            : "No jobs yet. Create one with punctual jobs create --every 1m --url http://localhost:3000/.",
        });
      });
  },
};
