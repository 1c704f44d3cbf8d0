import type { JobDeletion } from "@punctual/contract";
import { Option } from "commander";
import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { given } from "../../input.ts";
import { jobArgument, jobIdOf } from "../../job-reference.ts";
import { answer, withJson } from "../../output/answer.ts";
import type { Verb } from "../../verb.ts";

type Options = ConnectionOptions & { runs?: JobDeletion; json?: true };

export const verb: Verb = {
  examples: [
    { command: "punctual jobs delete report", does: "delete it and cancel its runs that wait; its history can still be read" },
    { command: "punctual jobs delete report --runs cancel", does: "delete it and stop what is under way, too" },
  ],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument(jobArgument.flags, jobArgument.description)
      .addOption(
        new Option(
          "--runs <what>",
          "finish: cancel what waits and let finish what is under way; cancel: stop that too; keep: let both run (default: finish)",
        ).choices(["finish", "cancel", "keep"]),
      )
      .action(async (reference: string, options: Options) => {
        const client = connect(io, options);
        const jobId = await jobIdOf(client, reference);
        await client.jobs.delete(jobId, given({ runs: options.runs }));
        await answer(io, options, { jobId }, () => `Deleted ${reference}. Its past runs: punctual runs list --job ${jobId}\n`);
      });
  },
};
