import type { ListRunsQuery } from "@punctual/contract";
import { Option } from "commander";
import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { collect } from "../../input.ts";
import { jobIdOf } from "../../job-reference.ts";
import { answerList, withLimit } from "../../list.ts";
import { withJson } from "../../output/answer.ts";
import { runTable } from "../../output/run.ts";
import type { Verb } from "../../verb.ts";

type Filters = Omit<ListRunsQuery, "jobId" | "limit" | "cursor"> & { job?: string };
type Options = ConnectionOptions & Filters & { limit?: number; json?: true };

// The contract's lists, which a test compares; importing them would cost 140 ms at every start.
export const runStatuses = ["ready", "running", "waiting", "succeeded", "dead", "cancelled", "skipped"];
export const kinds = ["scheduled", "manual", "backfill"];

export const verb: Verb = {
  examples: [
    { command: "punctual runs list --job report --limit 10", does: "the last ten runs of a job" },
    {
      command: "punctual runs list --status dead --status cancelled --from 2027-03-01T00:00:00Z",
      does: "what did not come to its end since that day",
    },
    {
      command: "punctual runs list --label team=billing --status-code 5xx --text timeout",
      does: "failures of one team's jobs whose output or error says timeout",
    },
  ],
  define: (command, io) => {
    withJson(withConnection(withLimit(command)))
      .option("--job <job>", "only runs of this job, by its id or its name")
      .option("--label <key=value>", "only runs of jobs that have this label now, or this key; repeat it, all must match", collect)
      .addOption(
        new Option("--status <status>", `only runs in this status, one of ${runStatuses.join(", ")}; repeat it for several`).argParser(
          collect,
        ),
      )
      .addOption(new Option("--kind <kind>", "only runs of this kind").choices(kinds))
      .option("--failure-class <class>", "only runs whose last attempt failed so; repeat it for several", collect)
      .option("--status-code <code>", "only runs whose last attempt was answered so, 503 or 5xx; repeat it for several", collect)
      .option("--target <url>", "only runs that called this origin, or worker:QUEUE")
      .option("--queue <name>", "only runs of this queue")
      .option("--text <text>", "only runs with this in the output or the error of an attempt")
      .option("--from <time>", "only runs whose nominal time is at or after this")
      .option("--to <time>", "only runs whose nominal time is before this")
      .action(async (options: Options) => {
        const client = connect(io, options);
        const { job, label, status, kind, failureClass, statusCode, target, queue, text, from, to } = options;
        const jobId = job === undefined ? undefined : await jobIdOf(client, job);
        const filters = { jobId, label, status, kind, failureClass, statusCode, target, queue, text, from, to } as ListRunsQuery;
        await answerList(io, options, (page) => client.runs.list({ ...filters, ...page }), {
          table: (runs) => runTable(io, runs),
          empty: emptyText({ job, label, status, kind, failureClass, statusCode, target, queue, text, from, to }),
        });
      });
  },
};

/** Tells what was searched for, so that a mistyped filter is seen. */
function emptyText(filters: Filters): string {
  const given = Object.entries(filters).filter(([, value]) => value !== undefined);
  if (given.length === 0) return "No runs yet. Start one with punctual jobs trigger <job>, or wait for the next occurrence of a job.";
  const words = given.map(([name, value]) => `${flagOf(name)} ${[value].flat().join(" or ")}`);
  return `No run matches ${words.join(", ")}. The whole history was searched.`;
}

const flagOf = (name: string): string => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
