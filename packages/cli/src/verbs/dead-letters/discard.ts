import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { chosen, countText, dealWithAll, type ManyOptions, withMany } from "../../dead-letter-flags.ts";
import { answer, withJson } from "../../output/answer.ts";
import type { Verb } from "../../verb.ts";

type Options = ConnectionOptions & ManyOptions & { reason?: string; json?: true };

const pageItems = 10_000;

export const verb: Verb = {
  examples: [
    {
      command: 'punctual dead-letters discard 0192f3a4-5b6c-8d7e-9f01-23456789ab2c --reason "order was refunded"',
      does: "take one off the list; its history stays",
    },
    {
      command: "punctual dead-letters discard --job report --died-to 2027-03-01T00:00:00Z --yes",
      does: "take a job's old ones off the list",
    },
  ],
  define: (command, io) => {
    withJson(withConnection(withMany(command)))
      .argument("[run]", "the run's id; without it, filters say which")
      .option("--reason <text>", "why, as the list of resolved ones shows it")
      .action(async (runId: string | undefined, options: Options) => {
        const client = connect(io, options);
        const which = await chosen(client, runId, options);
        const reason = options.reason === undefined ? {} : { reason: options.reason };
        if ("runId" in which) {
          const letter = await client.deadLetters.discard(which.runId, reason);
          return answer(io, options, letter, () => `Discarded ${letter.runId}.\n`);
        }
        const total = await dealWithAll(options, "discard", async (page) => {
          const { discarded, ...part } = await client.deadLetters.discardMany({
            filter: which.filter,
            limit: pageItems,
            ...reason,
            ...page,
          });
          return { ...part, changed: discarded, lastStartAt: null };
        });
        await answer(io, options, total, () => (total.dryRun ? `${countText(total)}.\n` : `Discarded ${total.changed}.\n`));
      });
  },
};
