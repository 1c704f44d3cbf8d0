import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { jobArgument, jobIdOf } from "../../job-reference.ts";
import { answer, withJson } from "../../output/answer.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [{ command: "punctual jobs delete report", does: "delete it and cancel its runs that wait; its history can still be read" }],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument(jobArgument.flags, jobArgument.description)
      .action(async (reference: string, options: ConnectionOptions & { json?: true }) => {
        const client = connect(io, options);
        const jobId = await jobIdOf(client, reference);
        await client.jobs.delete(jobId);
        await answer(io, options, { jobId }, () => `Deleted ${reference}. Its past runs: punctual runs list --job ${jobId}\n`);
      });
  },
};
