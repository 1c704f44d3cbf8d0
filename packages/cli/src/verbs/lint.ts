import { lintLocally } from "../local-schedule.ts";
import { withJson } from "../output/answer.ts";
import { lintText } from "../output/lint.ts";
import { answerQuestion, type QuestionFlags, withQuestion } from "../schedule-question.ts";
import type { Verb } from "../verb.ts";

type Options = QuestionFlags & { strict?: true };

export const verb: Verb = {
  examples: [
    { command: `punctual lint "0 9 13 * FRI"`, does: "say what may surprise in it, such as days that are joined by or" },
    {
      command: "punctual lint - --strict --timezone Europe/Berlin < patterns.txt",
      does: "fail when any pattern of a file is likely to surprise",
    },
  ],
  define: (command, io) => {
    withJson(withQuestion(command))
      .option("--strict", "exit with 3 when there is a finding; without it only what cannot be read is an error")
      .action(async (pattern: string | undefined, options: Options) => {
        const results = await answerQuestion(io, pattern, options, { ask: lintLocally, text: (result) => lintText(io, result) });
        const isSurprising = results.some(({ findings }) => findings.length > 0);
        if (options.strict === true && isSurprising && io.exitCode === 0)
          io.exitCode = (await import("@punctual/contract")).exitCodes.invalid;
      });
  },
};
