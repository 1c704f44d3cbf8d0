import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { answer, withJson } from "../../output/answer.ts";
import { runText } from "../../output/run.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [
    {
      command: "punctual runs run-again 0192f3a4-5b6c-8d7e-9f01-23456789ab2c",
      does: "start a new run with the job as it is now and the payload of that run",
    },
  ],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument("<run>", "the run's id")
      .action(async (runId: string, options: ConnectionOptions & { json?: true }) => {
        const run = await connect(io, options).runs.runAgain(runId);
        await answer(io, options, run, () => runText(io, run));
      });
  },
};
