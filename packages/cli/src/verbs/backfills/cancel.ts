import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { answer, withJson } from "../../output/answer.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [
    { command: "punctual backfills cancel 0192f3a4-5b6c-8d7e-9f01-23456789ab2c", does: "end it, and cancel its runs that have not begun" },
  ],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument("<backfill>", "the backfill's id")
      .option("--keep-runs", "let its runs that have not begun begin all the same")
      .action(async (backfillId: string, options: ConnectionOptions & { keepRuns?: true; json?: true }) => {
        const client = connect(io, options);
        const backfill = await client.backfills.cancel(backfillId, options.keepRuns === true ? { keepRuns: true } : {});
        await answer(io, options, backfill, () => `Cancelled at ${backfill.percent}%; ${backfill.live} of its runs are live.\n`);
      });
  },
};
