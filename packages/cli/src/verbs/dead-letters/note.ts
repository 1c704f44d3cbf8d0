import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { answer, withJson } from "../../output/answer.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [
    {
      command: 'punctual dead-letters note 0192f3a4-5b6c-8d7e-9f01-23456789ab2c "asked the payments team"',
      does: "write a note, in the place of the one there is",
    },
    { command: "punctual dead-letters note 0192f3a4-5b6c-8d7e-9f01-23456789ab2c", does: "remove the note" },
  ],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument("<run>", "the run's id")
      .argument("[text]", "the note; without it the note is removed")
      .action(async (runId: string, text: string | undefined, options: ConnectionOptions & { json?: true }) => {
        const letter = await connect(io, options).deadLetters.note(runId, text ?? null);
        await answer(io, options, letter, () => (text === undefined ? "Removed the note.\n" : "Noted.\n"));
      });
  },
};
