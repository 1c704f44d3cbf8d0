import { CliError } from "../../cli-error.ts";
import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { given } from "../../input.ts";
import { answer, withJson } from "../../output/answer.ts";
import { settingsText } from "../../output/settings.ts";
import { type RetryFlags, retryFromFlags, withRetryFlags } from "../../retry-flags.ts";
import type { Verb } from "../../verb.ts";

type Options = RetryFlags & ConnectionOptions & { reset?: true; json?: true };

export const verb: Verb = {
  examples: [
    { command: "punctual settings set --retry-attempts 3", does: "let new jobs try three times, unless they say otherwise" },
    { command: "punctual settings set --reset", does: "go back to Punctual's own defaults" },
  ],
  define: (command, io) => {
    withJson(withConnection(withRetryFlags(command)))
      .option("--reset", "forget what was set before; the flags given count alone")
      .action(async (options: Options) => {
        const client = connect(io, options);
        const base = options.reset === true ? undefined : (await client.settings.get()).retry;
        const retry = retryFromFlags(options, base);
        if (retry === undefined && options.reset !== true)
          throw new CliError("usage", "Nothing was said to set.", { remedy: "Give one of the --retry flags, or --reset." });
        const settings = await client.settings.put(given({ retry }));
        await answer(io, options, settings, () => `Set. Jobs that exist keep what they have.\n${settingsText(io, settings)}`);
      });
  },
};
