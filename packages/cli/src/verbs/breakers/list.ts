import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { answerList, withLimit } from "../../list.ts";
import { withJson } from "../../output/answer.ts";
import { breakerTable } from "../../output/breaker.ts";
import type { Verb } from "../../verb.ts";

type Options = ConnectionOptions & { target?: string; limit?: number; json?: true };

export const verb: Verb = {
  examples: [
    { command: "punctual breakers list", does: "which targets are held off, why, and how many runs wait for each" },
    { command: "punctual breakers list --target https://example.com", does: "one target, also when it is well" },
  ],
  define: (command, io) => {
    withJson(withConnection(withLimit(command)))
      .option("--target <url>", "only that of this URL's origin")
      .action(async (options: Options) => {
        const client = connect(io, options);
        const filters = options.target === undefined ? {} : { target: options.target };
        await answerList(io, options, (page) => client.breakers.list({ ...filters, ...page }), {
          table: (breakers) => breakerTable(io, breakers),
          empty: "No target is held off.",
        });
      });
  },
};
