import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { given } from "../../input.ts";
import { answer, withJson } from "../../output/answer.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [
    {
      command: "punctual runs cancel 0192f3a4-5b6c-8d7e-9f01-23456789ab2c",
      does: "end the run if it waits, or stop it if it is under way",
    },
    {
      command: `punctual runs cancel 0192f3a4-5b6c-8d7e-9f01-23456789ab2c --reason "wrong customer"`,
      does: "the same, and tell why in its history",
    },
  ],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument("<run>", "the run's id")
      .option("--reason <text>", "kept with the run")
      .action(async (runId: string, options: ConnectionOptions & { reason?: string; json?: true }) => {
        const run = await connect(io, options).runs.cancel(runId, given({ reason: options.reason }));
        const words = run.status === "cancelled" ? "Cancelled." : "Asked its node to stop it; its target may have acted already.";
        await answer(io, options, run, () => `${words}\n`);
      });
  },
};
