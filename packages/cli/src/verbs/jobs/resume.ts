import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { jobArgument, jobIdOf } from "../../job-reference.ts";
import { answer, withJson } from "../../output/answer.ts";
import { whenText } from "../../output/when.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [
    {
      command: "punctual jobs resume report",
      does: "fire it again from its next occurrence on; what fell into the pause is not made up for",
    },
  ],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument(jobArgument.flags, jobArgument.description)
      .action(async (reference: string, options: ConnectionOptions & { json?: true }) => {
        const client = connect(io, options);
        const job = await client.jobs.resume(await jobIdOf(client, reference));
        const next = job.nextRunAt === null ? "It has no occurrence left." : `It fires next at ${whenText(job.nextRunAt, io.nowMs())}.`;
        await answer(io, options, job, () => `Resumed ${job.name ?? job.jobId}. ${next}\n`);
      });
  },
};
