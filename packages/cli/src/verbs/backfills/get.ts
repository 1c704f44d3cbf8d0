import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { answer, withJson } from "../../output/answer.ts";
import { backfillText } from "../../output/backfill.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [{ command: "punctual backfills get 0192f3a4-5b6c-8d7e-9f01-23456789ab2c", does: "show how far it has come" }],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument("<backfill>", "the backfill's id")
      .action(async (backfillId: string, options: ConnectionOptions & { json?: true }) => {
        const client = connect(io, options);
        const backfill = await client.backfills.get(backfillId);
        await answer(io, options, backfill, () => backfillText(io, backfill));
      });
  },
};
