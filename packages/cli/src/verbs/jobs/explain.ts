import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { jobArgument, jobIdOf } from "../../job-reference.ts";
import { answer, withJson } from "../../output/answer.ts";
import { jobExplanationText } from "../../output/job-explanation.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [
    {
      command: "punctual jobs explain report --at 2027-03-01T09:00:00Z",
      does: "what became of this occurrence, and why; a deleted job is named by its id",
    },
  ],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument(jobArgument.flags, jobArgument.description)
      .requiredOption("--at <time>", "the time to explain, such as 2027-03-01T09:00:00Z")
      .action(async (reference: string, options: ConnectionOptions & { at: string; json?: true }) => {
        const client = connect(io, options);
        const explanation = await client.jobs.explain(await jobIdOf(client, reference), options.at);
        await answer(io, options, explanation, () => jobExplanationText(io, explanation));
      });
  },
};
