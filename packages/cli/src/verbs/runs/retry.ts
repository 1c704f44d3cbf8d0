import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { answer, withJson } from "../../output/answer.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [{ command: "punctual runs retry 0192f3a4-5b6c-8d7e-9f01-23456789ab2c", does: "try the run once more, under the same id" }],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument("<run>", "the run's id")
      .action(async (runId: string, options: ConnectionOptions & { json?: true }) => {
        const run = await connect(io, options).runs.retry(runId);
        await answer(io, options, run, () => `Ready: attempt ${run.attempt + 1} begins as soon as a slot is free.\n`);
      });
  },
};
