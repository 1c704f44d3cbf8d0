import { Argument } from "commander";
import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { jobIdOf } from "../../job-reference.ts";
import { answer, withJson } from "../../output/answer.ts";
import { resolutionText } from "../../output/restore-mode.ts";
import type { Verb } from "../../verb.ts";

type Choice = "run" | "skip" | "done";
type Options = ConnectionOptions & { upTo?: string; job?: string; json?: true };

export const verb: Verb = {
  examples: [
    { command: "punctual restore-mode resolve run", does: "fire what stands, as after an outage, by each job's misfire policy" },
    {
      command: "punctual restore-mode resolve done --up-to 2027-03-01T09:00:00Z",
      does: "what came before ran already; what is later runs",
    },
    { command: "punctual restore-mode resolve skip --job report", does: "decide about one job first, while nothing fires yet" },
  ],
  define: (command, io) => {
    withJson(withConnection(command))
      .addArgument(new Argument("<choice>", "what becomes of the occurrences that stand").choices(["run", "skip", "done"]))
      .option("--up-to <time>", "skip, done: only up to this time; what is later runs (default: now)")
      .option("--job <job>", "skip, done: only this job, by its id or its name; firing stays stopped")
      .action(async (choice: Choice, options: Options) => {
        const client = connect(io, options);
        const result = await client.restoreMode.resolve({
          choice,
          ...(options.upTo !== undefined && { upTo: options.upTo }),
          ...(options.job !== undefined && { jobId: await jobIdOf(client, options.job) }),
        });
        await answer(io, options, result, () => resolutionText(choice, result));
      });
  },
};
