import { measured } from "../capacity/measured.ts";
import { type PlanQuestion, planCapacity } from "../capacity/plan.ts";
import { durationMs, positiveQuantity, quantity } from "../capacity/quantity.ts";
import { positiveNumber } from "../input.ts";
import { answer, withJson } from "../output/answer.ts";
import { planText } from "../output/plan.ts";
import type { Verb } from "../verb.ts";

type Options = {
  jobs: number;
  runsPerDay: number;
  retention: number;
  peak: number;
  dueAtOnce: number;
  within: number;
  attempt: number;
  body: number;
  databaseCores: number;
  slots: number;
  json?: true;
};

const dayMs = 86_400_000;

export const verb: Verb = {
  examples: [
    { command: "punctual plan --jobs 5M --runs-per-day 50M --retention 30d", does: "nodes, database and growth for 50 million runs a day" },
    {
      command: "punctual plan --jobs 10M --runs-per-day 20M --due-at-once 100k --within 10s --json",
      does: "the same for a herd of 100,000, for programs",
    },
  ],
  define: (command, io) => {
    withJson(command)
      .requiredOption("--jobs <count>", "jobs stored, such as 5M", quantity)
      .requiredOption("--runs-per-day <count>", "runs of all jobs together, such as 50M", positiveQuantity)
      .option("--retention <duration>", "how long ended runs are kept", durationMs, 30 * dayMs)
      .option("--peak <factor>", "the busiest second beside the mean one", positiveQuantity, 3)
      .option("--due-at-once <count>", "the most occurrences that are due at one instant", quantity, 0)
      .option("--within <duration>", "how soon the last of those is to start", durationMs, 10_000)
      .option("--attempt <duration>", "how long a target takes to answer", durationMs, 200)
      .option("--body <bytes>", "payload and kept answer of a run, in bytes", quantity, 500)
      .option("--database-cores <count>", "cores of the PostgreSQL server", positiveNumber, 4)
      .option("--slots <count>", "attempts a node makes at once", positiveNumber, 1_000)
      .action(async (options: Options) => {
        const question = questionOf(options);
        const plan = planCapacity(question, measured);
        await answer(io, options, { question, ...plan, coefficients: measured }, () => planText(question, plan));
      });
  },
};

function questionOf({ retention, peak, within, attempt, body, slots, ...options }: Options): PlanQuestion {
  const { jobs, runsPerDay, dueAtOnce, databaseCores } = options;
  return {
    ...{ jobs, runsPerDay, dueAtOnce, databaseCores },
    retentionDays: retention / dayMs,
    peakFactor: peak,
    withinSeconds: within / 1_000,
    attemptSeconds: attempt / 1_000,
    bodyBytes: body,
    slotsPerNode: slots,
  };
}
