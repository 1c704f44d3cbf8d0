import { ScheduleError } from "@punctual/schedule";
import type { Command } from "commander";
import { CliError } from "./cli-error.ts";
import { type Failure, failureOf, failureText } from "./failure.ts";
import { readJson, readObject } from "./input.ts";
import type { Io } from "./io.ts";
import type { LocalSchedule } from "./local-schedule.ts";
import { answer } from "./output/answer.ts";
import { paint } from "./output/paint.ts";
import { safeText } from "./output/safe.ts";
import { isScheduleField, type ScheduleFields, scheduleOf } from "./schedule-fields.ts";
import { type ScheduleFlags, scheduleFromFlags, withScheduleFlags } from "./schedule-flags.ts";

/** The flags of verbs that ask about a schedule, here and without a server. */
export type QuestionFlags = ScheduleFlags & { seed?: string; file?: string; json?: true };

/** What a verb wants to know of one schedule, and how to say it to people. */
export type Question<T> = { ask(local: LocalSchedule): T; text(answer: T): string };

type Line<T> = ({ cron: string } & T) | { cron: string; problem: Failure["problem"] };

/** Adds the pattern, the schedule flags, `--seed` and `--file`. */
export function withQuestion(command: Command): Command {
  command.argument("[pattern]", "cron pattern, or - to read patterns from standard input, one a line");
  return withScheduleFlags(command)
    .option("--seed <text>", "what H, spread and jitter are derived from; for a job its id (default: empty)")
    .option(
      "--file <file>",
      "read the schedule from a JSON file, or - for standard input; a job's file will do, and flags replace its fields",
    );
}

/**
 * Answers a question about one schedule, or with `-` for a pattern about each line of standard input.
 *
 * @returns the answers, without those lines that could not be read; they do not stop the others, and the exit code tells
 */
export async function answerQuestion<T extends object>(
  io: Io,
  pattern: string | undefined,
  flags: QuestionFlags,
  question: Question<T>,
): Promise<T[]> {
  if (pattern === "-" && flags.file === "-") throw new CliError("usage", "Standard input cannot be both the patterns and --file.");
  const base = { ...(await fileSchedule(io, flags.file)), ...(await scheduleFromFlags(io, flags)) };
  const localOf = (fields: ScheduleFields): LocalSchedule => ({ fields, seed: flags.seed ?? "", nowMs: io.nowMs() });
  if (pattern === "-") return answerLines(io, flags, question, (cron) => localOf({ ...base, cron }));

  const fields = pattern === undefined ? base : { ...base, cron: pattern };
  if (Object.keys(fields).length === 0) {
    throw new CliError("usage", "No schedule is given.", {
      remedy: `Give a cron pattern in quotes, such as "*/5 * * * *", or another kind by a flag.`,
    });
  }
  const result = question.ask(localOf(fields));
  await answer(io, flags, result, () => question.text(result));
  return [result];
}

async function answerLines<T extends object>(
  io: Io,
  flags: QuestionFlags,
  { ask, text }: Question<T>,
  localOf: (cron: string) => LocalSchedule,
): Promise<T[]> {
  const { exitCodes } = await import("@punctual/contract");
  const patterns = (await io.readStdin()).split(/\r?\n/).map((line) => line.trim());
  const lines: Line<T>[] = [];
  const words: string[] = [];
  const answers: T[] = [];
  for (const cron of patterns.filter((line) => line !== "" && !line.startsWith("#"))) {
    try {
      const result = ask(localOf(cron));
      answers.push(result);
      lines.push({ cron, ...result });
      words.push(`${paint(io, "bold", safeText(cron))}\n${text(result)}\n`);
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error;
      const failure = await failureOf(error);
      lines.push({ cron, problem: failure.problem });
      words.push(`${paint(io, "bold", safeText(cron))}\n${failureText(failure)}\n`);
    }
  }
  if (answers.length < lines.length) io.exitCode = answers.length === 0 ? exitCodes.invalid : exitCodes.partial;
  await answer(io, flags, lines, () => words.join(""));
  return answers;
}

/** A schedule in one word of the command line: a cron pattern, one in JSON, or @file. */
export async function scheduleArgument(io: Io, text: string): Promise<ScheduleFields> {
  if (text.startsWith("@")) return fileSchedule(io, text.slice(1));
  if (!text.trimStart().startsWith("{")) return { cron: text };
  return checkedSchedule((await readJson(io, "A schedule", text)) as { [field: string]: unknown }, text);
}

/** A job's file is taken for its schedule. Any other must hold nothing else, so that a slip of the keyboard is not passed over in silence. */
async function fileSchedule(io: Io, path: string | undefined): Promise<ScheduleFields> {
  if (path === undefined) return {};
  return checkedSchedule(await readObject(io, path, "a schedule"), `--file ${path}`);
}

function checkedSchedule(object: { [field: string]: unknown }, source: string): ScheduleFields {
  const unknown = Object.keys(object).find((name) => !isScheduleField(name));
  if (unknown !== undefined && object.target === undefined)
    throw new CliError("usage", `${source}: "${unknown}" is no field of a schedule.`, { remedy: "Correct it, or leave it out." });
  return scheduleOf(object);
}
