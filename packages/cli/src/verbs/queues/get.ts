import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { answer, withJson } from "../../output/answer.ts";
import { queueDepthText } from "../../output/queue.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [{ command: "punctual queues get emails", does: "show its limits, what waits in it, and why" }],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument("<name>", "name of the queue")
      .action(async (name: string, options: ConnectionOptions & { json?: true }) => {
        const queue = await connect(io, options).queues.get(name);
        await answer(io, options, queue, () => queueDepthText(io, queue));
      });
  },
};
