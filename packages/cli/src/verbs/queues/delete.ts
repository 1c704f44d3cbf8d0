import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { answer, withJson } from "../../output/answer.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [{ command: "punctual queues delete emails", does: "delete it; refused while a job names it" }],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument("<name>", "name of the queue")
      .action(async (name: string, options: ConnectionOptions & { json?: true }) => {
        await connect(io, options).queues.delete(name);
        await answer(io, options, { name }, () => `Deleted ${name}.\n`);
      });
  },
};
