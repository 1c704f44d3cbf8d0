import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { jobArgument, jobOf } from "../../job-reference.ts";
import { answer, withJson } from "../../output/answer.ts";
import { jobText } from "../../output/job.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [{ command: "punctual jobs get report", does: "show the job named report" }],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument(jobArgument.flags, jobArgument.description)
      .action(async (reference: string, options: ConnectionOptions & { json?: true }) => {
        const job = await jobOf(connect(io, options), reference);
        await answer(io, options, job, () => jobText(io, job));
      });
  },
};
