import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { answer, withJson } from "../../output/answer.ts";
import { restoreModeText } from "../../output/restore-mode.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [{ command: 'punctual restore-mode begin --reason "the disk was reset"', does: "fire nothing until a person has decided" }],
  define: (command, io) => {
    withJson(withConnection(command))
      .option("--reason <text>", "why, for those who look at it later")
      .action(async (options: ConnectionOptions & { reason?: string; json?: true }) => {
        const mode = await connect(io, options).restoreMode.begin(options.reason === undefined ? {} : { reason: options.reason });
        await answer(io, options, mode, () => restoreModeText(io, mode));
      });
  },
};
