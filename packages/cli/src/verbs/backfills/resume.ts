import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { answer, withJson } from "../../output/answer.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [{ command: "punctual backfills resume 0192f3a4-5b6c-8d7e-9f01-23456789ab2c", does: "go on where it was paused" }],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument("<backfill>", "the backfill's id")
      .action(async (backfillId: string, options: ConnectionOptions & { json?: true }) => {
        const client = connect(io, options);
        const backfill = await client.backfills.resume(backfillId);
        await answer(io, options, backfill, () => `Goes on from ${backfill.percent}%.\n`);
      });
  },
};
