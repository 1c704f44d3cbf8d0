import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { answer, withJson } from "../../output/answer.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [
    { command: "punctual backfills pause 0192f3a4-5b6c-8d7e-9f01-23456789ab2c", does: "make no more of its runs until it is resumed" },
  ],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument("<backfill>", "the backfill's id")
      .action(async (backfillId: string, options: ConnectionOptions & { json?: true }) => {
        const client = connect(io, options);
        const backfill = await client.backfills.pause(backfillId);
        await answer(io, options, backfill, () => `Paused at ${backfill.percent}%. Resume it with punctual backfills resume.\n`);
      });
  },
};
