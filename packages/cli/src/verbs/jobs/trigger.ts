import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { given, readJson, wholeNumber } from "../../input.ts";
import { jobArgument, jobIdOf } from "../../job-reference.ts";
import { answer, withJson } from "../../output/answer.ts";
import type { Verb } from "../../verb.ts";

type Options = ConnectionOptions & { payload?: string; priority?: number; concurrencyKey?: string; idempotencyKey?: string; json?: true };

export const verb: Verb = {
  examples: [
    { command: "punctual jobs trigger report", does: "run it now; its next occurrence stays where it is" },
    { command: `punctual jobs trigger report --payload '{"day":"2027-03-01"}'`, does: "run it now with another payload" },
    { command: "punctual jobs trigger report --priority 9", does: "run it now, ahead of what waits" },
  ],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument(jobArgument.flags, jobArgument.description)
      .option("--payload <json>", "instead of the job's, for this run: JSON, @file or - for standard input")
      .option("--priority <0-9>", "instead of the job's, for this run; higher starts first", wholeNumber)
      .option("--concurrency-key <text>", "instead of the job's, for this run; its job needs a queue")
      .option("--idempotency-key <key>", "make at most one run for this key, however often it is sent")
      .action(async (reference: string, options: Options) => {
        const client = connect(io, options);
        const { priority, concurrencyKey, idempotencyKey } = options;
        const payload = options.payload === undefined ? undefined : await readJson(io, "--payload", options.payload);
        const body = given({ payload, priority, concurrencyKey });
        const run = await client.jobs.trigger(
          await jobIdOf(client, reference),
          body,
          idempotencyKey === undefined ? {} : { idempotencyKey },
        );
        await answer(io, options, run, () => `Started run ${run.runId}. See how it went with punctual runs get ${run.runId}.\n`);
      });
  },
};
