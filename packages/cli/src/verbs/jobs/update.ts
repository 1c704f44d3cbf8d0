import type { Job, UpdateJobBody } from "@punctual/contract";
import { CliError } from "../../cli-error.ts";
import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { type JobFlags, jobFromFlags, withJobFlags } from "../../job-flags.ts";
import { jobArgument, jobOf } from "../../job-reference.ts";
import { answer, withJson } from "../../output/answer.ts";
import { jobText } from "../../output/job.ts";
import { scheduleChangeText } from "../../output/schedule-diff.ts";
import { mergeRetry } from "../../retry-flags.ts";
import { scheduleChange } from "../../schedule-change.ts";
import { namesKind } from "../../schedule-fields.ts";
import type { Verb } from "../../verb.ts";

type Options = JobFlags & ConnectionOptions & { dryRun?: true; json?: true };

export const verb: Verb = {
  examples: [
    { command: `punctual jobs update report --cron "0 8 * * 1-5"`, does: "fire an hour earlier from now on" },
    {
      command: `punctual jobs update report --cron "0 8 * * 1-5" --dry-run`,
      does: "show which of the next occurrences that keeps, loses and adds",
    },
    { command: "punctual jobs update report --file changes.json", does: "change the fields of the file; null removes one" },
  ],
  define: (command, io) => {
    withJson(withConnection(withJobFlags(command)))
      .argument(jobArgument.flags, jobArgument.description)
      .option("--dry-run", "show what becomes of the next occurrences; change nothing, and leave other fields unchecked")
      .addHelpText(
        "after",
        `
--cron, --every, --run-at, --rrule and --delay replace the whole schedule; the other flags of a schedule change it.
--label replaces the labels, --header the headers and --exclude the exclusions. Everything else stays as it is.`,
      )
      .action(async (reference: string, options: Options) => {
        const client = connect(io, options);
        const changes = (await jobFromFlags(io, options)) as UpdateJobBody;
        if (Object.keys(changes).length === 0)
          throw new CliError("usage", "Nothing to change.", { remedy: "Name a field with a flag, or give --file." });
        const current = await jobOf(client, reference);
        const body = completed(changes, current);
        if (options.dryRun === true) {
          const change = scheduleChange(current, body, io.nowMs());
          await answer(io, options, change, () => scheduleChangeText(io, change));
          return;
        }
        const job = await client.jobs.update(current.jobId, body, { ifMatch: current.revision });
        await answer(io, options, job, () => `${job.revision === current.revision ? "Nothing differs." : "Updated."}\n${jobText(io, job)}`);
      });
  },
};

/** The API takes a target and the policies whole; flags name parts of them. The update names the revision that was read for this. */
function completed(changes: UpdateJobBody, current: Job): UpdateJobBody {
  const body: UpdateJobBody = { ...changes };
  if (changes.target) body.target = { ...current.target, ...changes.target };
  if (changes.retry) body.retry = mergeRetry(current.retry, changes.retry);
  if (changes.misfire) body.misfire = { ...(current.misfire as NonNullable<UpdateJobBody["misfire"]>), ...changes.misfire };
  if (changes.dst && !namesKind(changes)) body.dst = { ...current.dst, ...changes.dst };
  return body;
}
