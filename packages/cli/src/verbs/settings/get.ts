import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { answer, withJson } from "../../output/answer.ts";
import { settingsText } from "../../output/settings.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [{ command: "punctual settings get", does: "show how jobs retry that do not say it themselves" }],
  define: (command, io) => {
    withJson(withConnection(command)).action(async (options: ConnectionOptions & { json?: true }) => {
      const settings = await connect(io, options).settings.get();
      await answer(io, options, settings, () => settingsText(io, settings));
    });
  },
};
