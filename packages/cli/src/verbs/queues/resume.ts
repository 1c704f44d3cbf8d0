import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { answer, withJson } from "../../output/answer.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [{ command: "punctual queues resume emails", does: "begin its runs again, within its limits" }],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument("<name>", "name of the queue")
      .action(async (name: string, options: ConnectionOptions & { json?: true }) => {
        const queue = await connect(io, options).queues.resume(name);
        await answer(io, options, queue, () => `Resumed ${queue.name}.\n`);
      });
  },
};
