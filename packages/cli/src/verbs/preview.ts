import { positiveNumber } from "../input.ts";
import { previewLocally } from "../local-schedule.ts";
import { withJson } from "../output/answer.ts";
import { previewText } from "../output/preview.ts";
import { answerQuestion, type QuestionFlags, withQuestion } from "../schedule-question.ts";
import type { Verb } from "../verb.ts";

type Options = QuestionFlags & { from?: string; count: number };

export const verb: Verb = {
  examples: [
    { command: `punctual preview "*/5 * * * *" --timezone Europe/Berlin --count 5`, does: "the next five occurrences" },
    { command: "punctual preview --every 90s", does: "an interval" },
    {
      command: `punctual preview "0 9 * * MON-FRI" --exclude '{"date":"12-25"}' --spread 10m --seed report`,
      does: "not at Christmas, and when it really starts",
    },
    { command: "punctual preview - < patterns.txt", does: "every pattern of a file, one a line" },
  ],
  define: (command, io) => {
    withJson(withQuestion(command))
      .option("--from <time>", "list occurrences after this time (default: now)")
      .option("--count <count>", "how many", positiveNumber, 10)
      .action(async (pattern: string | undefined, options: Options) => {
        await answerQuestion(io, pattern, options, {
          ask: (local) => previewLocally(local, options),
          text: (preview) => previewText(io, preview),
        });
      });
  },
};
