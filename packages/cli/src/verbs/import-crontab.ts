import { parseSchedule } from "@punctual/schedule";
import { CliError } from "../cli-error.ts";
import { type ConnectionOptions, connect, withConnection } from "../connection.ts";
import { crontabName, isSystemCrontab } from "../crontab/file.ts";
import { type ImportedJob, importJobs } from "../crontab/import.ts";
import { jobsOfCrontab } from "../crontab/jobs.ts";
import { type Crontab, parseCrontab } from "../crontab/parse.ts";
import { failureOf } from "../failure.ts";
import { readText } from "../input.ts";
import type { Io } from "../io.ts";
import { answer, withJson } from "../output/answer.ts";
import { type ImportLine, type ImportReport, importText } from "../output/import.ts";
import type { Verb } from "../verb.ts";

type Options = ConnectionOptions & { targetUrl: string; dryRun?: true; namePrefix?: string; timezone?: string; system?: true; json?: true };

export const verb: Verb = {
  examples: [
    {
      command: "punctual import crontab /etc/crontab --target-url https://example.com/run --dry-run",
      does: "show what would become of every line",
    },
    { command: "crontab -l | punctual import crontab - --target-url https://example.com/run", does: "import your own crontab" },
  ],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument("<file>", "the crontab, or - for standard input")
      .requiredOption("--target-url <url>", "address that gets command, environment, input and user of a line as JSON, by POST")
      .option("--dry-run", "show the plan; change nothing")
      .option("--name-prefix <text>", "what the jobs' names begin with (default: the file's name and a dash)")
      .option("--timezone <zone>", "zone of the times above any CRON_TZ (default: this machine's, as cron does)")
      .option("--system", "lines have a user column (default: only in /etc/crontab and /etc/cron.d)")
      .addHelpText(
        "after",
        "\nImporting the same file again changes nothing. A line whose times change updates its job; a line that is gone leaves its job, which you delete yourself.",
      )
      .action(async (file: string, options: Options) => {
        const client = connect(io, options);
        const system = options.system === true || (file !== "-" && isSystemCrontab(file, io.cwd));
        const crontab = parseCrontab(await readText(io, file), { system, timezone: options.timezone ?? io.timezone });
        const name = crontabName(file);
        const jobs = jobsOfCrontab(crontab.entries, {
          targetUrl: options.targetUrl,
          namePrefix: options.namePrefix ?? `${name}-`,
          file: name,
        });
        const imported = await importJobs(client, jobs, { dryRun: options.dryRun === true });
        const report = reportOf(io, crontab, imported, options.dryRun === true);
        io.exitCode = await exitCodeOf(crontab, imported);
        await answer(io, options, report, () => importText(io, report));
      });
  },
};

function reportOf(io: Io, crontab: Crontab, imported: readonly ImportedJob[], dryRun: boolean): ImportReport {
  const lines: ImportLine[] = imported.map(({ line, action, name, jobId, reason }, index) => {
    const entry = crontab.entries[index] as Crontab["entries"][number];
    const { cron, timezone, command } = entry;
    const next = parseSchedule({ cron, timezone }).next(io.nowMs());
    return { line, action, name, jobId, cron, timezone, command, nextRunAt: next === null ? null : new Date(next).toISOString(), reason };
  });
  return { dryRun, lines, refused: crontab.refused, notes: crontab.notes };
}

/** A part done is `partial`; nothing done at all is the exit code of the first failure. */
async function exitCodeOf(crontab: Crontab, imported: readonly ImportedJob[]): Promise<number> {
  const failed = imported.filter((job) => job.error !== null);
  if (failed.length === 0 && crontab.refused.length === 0) return 0;
  const { exitCodes } = await import("@punctual/contract");
  if (failed.length < imported.length) return exitCodes.partial;
  return (await failureOf(failed[0]?.error ?? new CliError("schedule_invalid", "No line can become a job."))).exit;
}
