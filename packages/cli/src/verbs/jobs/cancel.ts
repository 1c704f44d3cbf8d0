import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { given } from "../../input.ts";
import { jobArgument, jobIdOf } from "../../job-reference.ts";
import { answer, withJson } from "../../output/answer.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [{ command: "punctual jobs cancel report", does: "end its runs that wait and stop those under way; the job goes on firing" }],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument(jobArgument.flags, jobArgument.description)
      .option("--reason <text>", "kept with the runs")
      .action(async (reference: string, options: ConnectionOptions & { reason?: string; json?: true }) => {
        const client = connect(io, options);
        const result = await client.jobs.cancelRuns(await jobIdOf(client, reference), given({ reason: options.reason }));
        const words = `Cancelled ${result.cancelled} waiting; asked ${result.cancelling} under way to stop. The job goes on; punctual jobs pause stops it.\n`;
        await answer(io, options, result, () => words);
      });
  },
};
