import type { ExplainRequest } from "@punctual/contract";
import { CliError } from "../cli-error.ts";
import { type ConnectionOptions, connect, withConnection } from "../connection.ts";
import type { Io } from "../io.ts";
import { jobOf } from "../job-reference.ts";
import { explainLocally } from "../local-schedule.ts";
import { answer, withJson } from "../output/answer.ts";
import { explanationText } from "../output/explanation.ts";
import { scheduleOf } from "../schedule-fields.ts";
import { scheduleFromFlags } from "../schedule-flags.ts";
import { answerQuestion, type QuestionFlags, withQuestion } from "../schedule-question.ts";
import type { Verb } from "../verb.ts";

type Options = QuestionFlags & ConnectionOptions & { at: string; job?: string };

export const verb: Verb = {
  examples: [
    {
      command: `punctual explain "30 2 * * *" --timezone Europe/Berlin --at 2027-03-28T01:00:00Z`,
      does: "why it fires at this time: the clocks skip its own that night",
    },
    { command: "punctual explain --job report --at 2027-03-01T09:00:00Z", does: "the same of a job on the server, by its stored schedule" },
  ],
  define: (command, io) => {
    withJson(withConnection(withQuestion(command)))
      .requiredOption("--at <time>", "the time to explain, such as 2027-03-01T09:00:00Z")
      .option("--job <job>", "ask the server about this job, by its id or its name, instead of naming a schedule")
      .action(async (pattern: string | undefined, options: Options) => {
        if (options.job !== undefined) {
          await explainJob(io, options.job, pattern, options);
          return;
        }
        await answerQuestion(io, pattern, options, {
          ask: (local) => explainLocally(local, options.at),
          text: (explanation) => explanationText(io, explanation),
        });
      });
  },
};

/** The server explains, because its rules of the zones decide when the job fires, not those of this machine. */
async function explainJob(io: Io, reference: string, pattern: string | undefined, options: Options): Promise<void> {
  const named = Object.keys(await scheduleFromFlags(io, options)).length > 0 || pattern !== undefined || options.file !== undefined;
  if (named || options.seed !== undefined)
    throw new CliError("usage", "--job has a schedule of its own.", { remedy: "Leave the job or the schedule out." });
  const client = connect(io, options);
  const job = await jobOf(client, reference);
  const request: ExplainRequest = { ...scheduleOf(job), seed: job.jobId, at: options.at };
  const explanation = await client.schedules.explain(request);
  await answer(io, options, explanation, () => explanationText(io, explanation));
}
