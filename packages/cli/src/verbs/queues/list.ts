import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { answerList, withLimit } from "../../list.ts";
import { withJson } from "../../output/answer.ts";
import { queueTable } from "../../output/queue.ts";
import type { Verb } from "../../verb.ts";

type Options = ConnectionOptions & { namePrefix?: string; limit?: number; json?: true };

export const verb: Verb = {
  examples: [{ command: "punctual queues list --name-prefix mail", does: "the queues whose name begins with mail, and their limits" }],
  define: (command, io) => {
    withJson(withConnection(withLimit(command)))
      .option("--name-prefix <text>", "only queues whose name begins so")
      .action(async (options: Options) => {
        const client = connect(io, options);
        const filters = options.namePrefix === undefined ? {} : { namePrefix: options.namePrefix };
        await answerList(io, options, (page) => client.queues.list({ ...filters, ...page }), {
          table: (queues) => queueTable(io, queues),
          empty:
            options.namePrefix === undefined
              ? "No queues yet. Create one with punctual queues set NAME --concurrency 10, or a job with --queue NAME."
              : "No queue matches.",
        });
      });
  },
};
