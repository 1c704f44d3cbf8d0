import type { Preview } from "@punctual/contract";
import { ScheduleError, type ScheduleSpec } from "@punctual/schedule";
import { CliError } from "../cli-error.ts";
import { type Failure, failureOf, failureText } from "../failure.ts";
import { positiveNumber } from "../input.ts";
import type { Io } from "../io.ts";
import { previewLocally } from "../local-preview.ts";
import { answer, withJson } from "../output/answer.ts";
import { paint } from "../output/paint.ts";
import { previewText } from "../output/preview.ts";
import { safeText } from "../output/safe.ts";
import type { Verb } from "../verb.ts";

type Options = {
  every?: string;
  anchor?: string;
  runAt?: string;
  timezone?: string;
  startAt?: string;
  endAt?: string;
  from?: string;
  count: number;
  json?: true;
};
type Line = { cron: string; preview: Preview } | { cron: string; problem: Failure["problem"] };

export const verb: Verb = {
  examples: [
    { command: `punctual preview "*/5 * * * *" --timezone Europe/Berlin --count 5`, does: "the next five occurrences" },
    { command: "punctual preview --every 90s", does: "an interval" },
    { command: "punctual preview - < patterns.txt", does: "every pattern of a file, one a line" },
  ],
  define: (command, io) => {
    withJson(command)
      .argument("[pattern]", "cron pattern, or - to read patterns from standard input, one a line")
      .option("--every <duration>", "an interval instead of a pattern")
      .option("--anchor <time>", "where --every counts from (default: 1970-01-01T00:00:00Z; a job counts from its creation)")
      .option("--run-at <time>", "one time instead of a pattern")
      .option("--timezone <zone>", "IANA zone of the pattern (default: UTC)")
      .option("--start-at <time>", "no occurrence before this time")
      .option("--end-at <time>", "no occurrence after this time")
      .option("--from <time>", "list occurrences after this time (default: now)")
      .option("--count <count>", "how many", positiveNumber, 10)
      .action(async (pattern: string | undefined, options: Options) => {
        if (pattern === "-") {
          await previewMany(io, options);
          return;
        }
        if (pattern === undefined && options.every === undefined && options.runAt === undefined) {
          throw new CliError("usage", "No schedule to preview.", {
            remedy: `Give a cron pattern in quotes, such as punctual preview "*/5 * * * *".`,
          });
        }
        const preview = previewLocally(specOf(pattern, options), { nowMs: io.nowMs(), count: options.count });
        await answer(io, options, preview, () => previewText(io, preview));
      });
  },
};

/** A pattern that cannot be read does not stop the others; the exit code tells. */
async function previewMany(io: Io, options: Options): Promise<void> {
  const { exitCodes } = await import("@punctual/contract");
  const lines = (await io.readStdin()).split(/\r?\n/).map((line) => line.trim());
  const results: Line[] = [];
  for (const cron of lines.filter((line) => line !== "" && !line.startsWith("#"))) {
    results.push(await previewLine(io, cron, options));
  }
  const refused = results.filter((result) => "problem" in result).length;
  if (refused > 0) io.exitCode = refused === results.length ? exitCodes.invalid : exitCodes.partial;
  await answer(io, options, results, () => results.map((result) => lineText(io, result)).join(""));
}

async function previewLine(io: Io, cron: string, options: Options): Promise<Line> {
  try {
    return { cron, preview: previewLocally(specOf(cron, options), { nowMs: io.nowMs(), count: options.count }) };
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    return { cron, problem: (await failureOf(error)).problem };
  }
}

function lineText(io: Io, line: Line): string {
  const words = "preview" in line ? previewText(io, line.preview) : failureText({ exit: 0, problem: line.problem });
  return `${paint(io, "bold", safeText(line.cron))}\n${words}\n`;
}

function specOf(cron: string | undefined, options: Options): ScheduleSpec & { from?: string } {
  const { every, anchor, runAt, timezone, startAt, endAt, from } = options;
  const given = { cron, every, anchor, runAt, timezone, startAt, endAt, from };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
