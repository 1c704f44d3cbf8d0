import type { CreateJobBody } from "@punctual/contract";
import { CliError } from "../../cli-error.ts";
import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { type JobFlags, jobFromFlags, withJobFlags } from "../../job-flags.ts";
import { answer, withJson } from "../../output/answer.ts";
import { jobText } from "../../output/job.ts";
import { previewText } from "../../output/preview.ts";
import { scheduleOf } from "../../schedule-fields.ts";
import type { Verb } from "../../verb.ts";

type Options = JobFlags & ConnectionOptions & { idempotencyKey?: string; dryRun?: true; json?: true };

export const verb: Verb = {
  examples: [
    {
      command: `punctual jobs create --name report --cron "0 9 * * 1-5" --timezone Europe/Berlin --url https://example.com/report`,
      does: "call the address at nine on weekdays, Berlin time",
    },
    {
      command: `punctual jobs create --delay 15m --url https://example.com/remind --payload '{"user":7}'`,
      does: "call it once, in a quarter of an hour",
    },
    {
      command: `punctual jobs create --every 1h --spread 10m --exclude '{"weekly":"SAT,SUN"}' --url https://example.com/sync`,
      does: "call it hourly on working days, some minutes after the hour that are its own",
    },
    { command: "punctual jobs create --file job.json --dry-run", does: "show when it would fire, and create nothing" },
  ],
  define: (command, io) => {
    withJson(withConnection(withJobFlags(command)))
      .option("--idempotency-key <key>", "create at most one job for this key, however often it is sent")
      .option("--dry-run", "check the schedule and show the next times; create nothing")
      .action(async (options: Options) => {
        const client = connect(io, options);
        const body = await jobFromFlags(io, options);
        if (body.target === undefined)
          throw new CliError("usage", "The job has no target.", { remedy: "Name the address to call with --url." });
        if (options.dryRun === true) {
          const preview = await client.schedules.preview(scheduleOf(body));
          await answer(io, options, preview, () => `Would create the job. ${previewText(io, preview)}`);
          return;
        }
        const { idempotencyKey } = options;
        const job = await client.jobs.create(body as CreateJobBody, idempotencyKey === undefined ? {} : { idempotencyKey });
        await answer(io, options, job, () => `Created.\n${jobText(io, job)}`);
      });
  },
};
