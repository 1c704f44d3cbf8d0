import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { given, positiveNumber, wholeNumber } from "../../input.ts";
import { jobArgument, jobIdOf } from "../../job-reference.ts";
import { answer, withJson } from "../../output/answer.ts";
import { backfillPlanText, backfillText } from "../../output/backfill.ts";
import type { Verb } from "../../verb.ts";

type Options = ConnectionOptions & { from: string; to: string; concurrency?: number; priority?: number; dryRun?: true; json?: true };

export const verb: Verb = {
  examples: [
    {
      command: "punctual jobs backfill report --from 2027-03-01T00:00:00Z --to 2027-03-08T00:00:00Z --dry-run",
      does: "tell how many occurrences of that week have not run",
    },
    {
      command: "punctual jobs backfill report --from 2027-03-01T00:00:00Z --to 2027-03-08T00:00:00Z --concurrency 4",
      does: "carry them out, four at a time, behind live work",
    },
  ],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument(jobArgument.flags, jobArgument.description)
      .requiredOption("--from <time>", "the first nominal time that counts")
      .requiredOption("--to <time>", "occurrences before this time; at most now")
      .option("--concurrency <count>", "its runs that may be live at once (default: 1)", positiveNumber)
      .option("--priority <0-9>", "of its runs (default: behind everything else)", wholeNumber)
      .option("--dry-run", "only count; make nothing")
      .action(async (reference: string, options: Options) => {
        const client = connect(io, options);
        const { from, to, concurrency, priority } = options;
        const jobId = await jobIdOf(client, reference);
        const range = { from, to, ...given({ concurrency, priority }) };
        if (options.dryRun === true) {
          const plan = await client.backfills.plan(jobId, range);
          await answer(io, options, plan, () => backfillPlanText(plan));
          return;
        }
        const backfill = await client.backfills.create(jobId, range);
        const hint = `Started. See how it goes with punctual backfills get ${backfill.backfillId}.`;
        await answer(io, options, backfill, () => `${hint}\n${backfillText(io, backfill)}`);
      });
  },
};
