import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { answer, withJson } from "../../output/answer.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [
    { command: `punctual queues pause emails --reason "provider is down"`, does: "begin none of its runs; those under way go on" },
  ],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument("<name>", "name of the queue")
      .option("--reason <text>", "kept with the queue, for whoever finds it paused")
      .action(async (name: string, options: ConnectionOptions & { reason?: string; json?: true }) => {
        const { reason } = options;
        const queue = await connect(io, options).queues.pause(name, reason === undefined ? {} : { reason });
        await answer(io, options, queue, () => `Paused ${queue.name}. Resume it with punctual queues resume.\n`);
      });
  },
};
