import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { withLimit } from "../../list.ts";
import { answer, withJson } from "../../output/answer.ts";
import { restoreModeText } from "../../output/restore-mode.ts";
import type { Verb } from "../../verb.ts";

const shownJobs = 50;

export const verb: Verb = {
  examples: [{ command: "punctual restore-mode show", does: "why nothing fires, and how many occurrences of which jobs stand" }],
  define: (command, io) => {
    withJson(withConnection(withLimit(command))).action(async (options: ConnectionOptions & { limit?: number; json?: true }) => {
      const mode = await connect(io, options).restoreMode.get({ limit: options.limit ?? shownJobs });
      await answer(io, options, mode, () => restoreModeText(io, mode));
    });
  },
};
