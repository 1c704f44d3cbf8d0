import { CliError } from "../cli-error.ts";
import { positiveNumber } from "../input.ts";
import { diffLocally } from "../local-schedule.ts";
import { answer, withJson } from "../output/answer.ts";
import { scheduleDiffText } from "../output/schedule-diff.ts";
import { type ScheduleFlags, scheduleFromFlags, withScheduleFlags } from "../schedule-flags.ts";
import { scheduleArgument } from "../schedule-question.ts";
import type { Verb } from "../verb.ts";

type Options = ScheduleFlags & { seed?: string; from?: string; count: number; json?: true };

export const verb: Verb = {
  examples: [
    { command: `punctual diff "0 9 * * *" "0 9 * * MON-FRI" --timezone Europe/Berlin`, does: "what leaving out the weekends would change" },
    {
      command: `punctual diff "*/15 * * * *" '{"every":"15m"}' --count 5`,
      does: "a cron pattern against a schedule of another kind, in JSON",
    },
  ],
  define: (command, io) => {
    withJson(withScheduleFlags(command.argument("<before>", "cron pattern, schedule in JSON, or @file").argument("<after>", "the same")))
      .option("--seed <text>", "what H is derived from; for a job its id (default: empty)")
      .option("--from <time>", "compare occurrences after this time (default: now)")
      .option("--count <count>", "how many to list, of both together", positiveNumber, 10)
      .addHelpText("after", "\nFlags of the schedule hold for both. For a job and its next version: punctual jobs update --dry-run.")
      .action(async (before: string, after: string, options: Options) => {
        if (before === "-" || after === "-") throw new CliError("usage", "Standard input cannot be a schedule here.");
        const shared = await scheduleFromFlags(io, options);
        const [old, fresh] = await Promise.all(
          [before, after].map(async (text) => {
            const fields = { ...shared, ...(await scheduleArgument(io, text)) };
            return { fields, seed: options.seed ?? "", nowMs: io.nowMs() };
          }),
        );
        if (old === undefined || fresh === undefined) return;
        const diff = diffLocally(old, fresh, options);
        await answer(io, options, diff, () => scheduleDiffText(io, diff));
      });
  },
};
