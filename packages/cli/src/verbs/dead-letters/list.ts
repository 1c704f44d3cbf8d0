import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { type FilterOptions, filterOf, withFilters } from "../../dead-letter-flags.ts";
import { answerList, withLimit } from "../../list.ts";
import { withJson } from "../../output/answer.ts";
import { deadLetterTable } from "../../output/dead-letter.ts";
import type { Verb } from "../../verb.ts";

type Options = ConnectionOptions & FilterOptions & { resolved?: true; limit?: number; json?: true };

export const verb: Verb = {
  examples: [
    { command: "punctual dead-letters list --job report", does: "the runs of a job that used up their attempts" },
    { command: 'punctual dead-letters list --status-code 503 --text "no room"', does: "those that were answered so" },
  ],
  define: (command, io) => {
    withJson(withConnection(withLimit(withFilters(command))))
      .option("--resolved", "those that were discarded, instead of the open ones")
      .action(async (options: Options) => {
        const client = connect(io, options);
        const filter = await filterOf(client, options);
        const query = { ...filter, ...(options.resolved && { resolved: true }) };
        await answerList(io, options, (page) => client.deadLetters.list({ ...query, ...page }), {
          table: (letters) => deadLetterTable(io, letters),
          empty: Object.keys(query).length > 0 ? "No dead letter matches." : "No dead letters.",
        });
      });
  },
};
