import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { answer, withJson } from "../../output/answer.ts";
import { deadLetterText } from "../../output/dead-letter.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [
    {
      command: "punctual dead-letters get 0192f3a4-5b6c-8d7e-9f01-23456789ab2c",
      does: "show each attempt, what was sent last, and what came back",
    },
  ],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument("<run>", "the run's id")
      .action(async (runId: string, options: ConnectionOptions & { json?: true }) => {
        const letter = await connect(io, options).deadLetters.get(runId);
        await answer(io, options, letter, () => deadLetterText(io, letter));
      });
  },
};
