import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { jobArgument, jobIdOf } from "../../job-reference.ts";
import { answer, withJson } from "../../output/answer.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [
    {
      command: `punctual jobs pause report --reason "receiver is being moved"`,
      does: "fire it no more until it is resumed; runs already fired go on",
    },
  ],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument(jobArgument.flags, jobArgument.description)
      .option("--reason <text>", "kept with the job, for whoever finds it paused")
      .action(async (reference: string, options: ConnectionOptions & { reason?: string; json?: true }) => {
        const client = connect(io, options);
        const { reason } = options;
        const job = await client.jobs.pause(await jobIdOf(client, reference), reason === undefined ? {} : { reason });
        await answer(io, options, job, () => `Paused ${job.name ?? job.jobId}. Resume it with punctual jobs resume.\n`);
      });
  },
};
