import type { UpdateJobBody } from "@punctual/contract";
import { CliError } from "../../cli-error.ts";
import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { type JobFlags, jobFromFlags, withJobFlags } from "../../job-flags.ts";
import { jobArgument, jobOf } from "../../job-reference.ts";
import { answer, withJson } from "../../output/answer.ts";
import { jobText } from "../../output/job.ts";
import type { Verb } from "../../verb.ts";

export const verb: Verb = {
  examples: [
    { command: `punctual jobs update report --cron "0 8 * * 1-5"`, does: "fire an hour earlier from now on" },
    { command: "punctual jobs update report --file changes.json", does: "change the fields of the file; null removes one" },
  ],
  define: (command, io) => {
    withJson(withConnection(withJobFlags(command)))
      .argument(jobArgument.flags, jobArgument.description)
      .addHelpText(
        "after",
        "\nA schedule flag replaces the whole schedule, --label the labels and --header the headers. Everything else stays as it is.",
      )
      .action(async (reference: string, options: JobFlags & ConnectionOptions & { json?: true }) => {
        const client = connect(io, options);
        const changes = (await jobFromFlags(io, options)) as UpdateJobBody;
        if (Object.keys(changes).length === 0)
          throw new CliError("usage", "Nothing to change.", { remedy: "Name a field with a flag, or give --file." });
        const current = await jobOf(client, reference);
        // The API takes a target, a retry and a misfire policy whole; flags name parts of them. The revision guards what was read here.
        const body: UpdateJobBody = { ...changes };
        if (changes.target) body.target = { ...current.target, ...changes.target };
        if (changes.misfire) body.misfire = { ...(current.misfire as NonNullable<UpdateJobBody["misfire"]>), ...changes.misfire };
        const job = await client.jobs.update(current.jobId, body, { ifMatch: current.revision });
        await answer(io, options, job, () => `${job.revision === current.revision ? "Nothing differs." : "Updated."}\n${jobText(io, job)}`);
      });
  },
};
