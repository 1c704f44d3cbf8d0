import { resolve } from "node:path";
import { parseSchedule } from "@punctual/schedule";
import { allowListText, writeCrontabCommands } from "../agent/allow-file.ts";
import type { AllowList } from "../agent/allow-list.ts";
import { agentName } from "../agent/queue.ts";
import { CliError } from "../cli-error.ts";
import { type ConnectionOptions, connect, withConnection } from "../connection.ts";
import { allowedCommands } from "../crontab/allowed.ts";
import { crontabName, isSystemCrontab } from "../crontab/file.ts";
import { type ImportedJob, importJobs } from "../crontab/import.ts";
import { type CrontabTarget, jobsOfCrontab } from "../crontab/jobs.ts";
import { type Crontab, parseCrontab } from "../crontab/parse.ts";
import { failureOf } from "../failure.ts";
import { readText } from "../input.ts";
import type { Io } from "../io.ts";
import { answer, withJson } from "../output/answer.ts";
import { type ImportLine, type ImportReport, importText } from "../output/import.ts";
import { safeText } from "../output/safe.ts";
import type { Verb } from "../verb.ts";

/** Cron has none, so the most that a worker's run may have. */
const longestTimeout = "7d";

type Options = ConnectionOptions & {
  targetUrl?: string;
  agent?: string;
  allowFile?: string;
  timeout?: string;
  dryRun?: true;
  namePrefix?: string;
  timezone?: string;
  system?: true;
  json?: true;
};

export const verb: Verb = {
  examples: [
    {
      command: "punctual import crontab /etc/crontab --target-url https://example.com/run --dry-run",
      does: "show what would become of every line",
    },
    { command: "crontab -l | punctual import crontab - --target-url https://example.com/run", does: "import your own crontab" },
    {
      command: "punctual import crontab /etc/crontab --agent web-1 --allow-file /etc/punctual/commands.json",
      does: "let the agent web-1 run every line, and allow it to",
    },
  ],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument("<file>", "the crontab, or - for standard input")
      .option("--target-url <url>", "address that gets command, environment, input and user of a line as JSON, by POST")
      .option("--agent <name>", "let this agent run the commands, instead of a target url", agentName)
      .option("--allow-file <file>", "with --agent: the allow-list to put the commands into (default: print them)")
      .option("--timeout <duration>", "with --agent: time limit of each command (default: 7d, the most there is)")
      .option("--dry-run", "show the plan; change nothing")
      .option("--name-prefix <text>", "what the jobs' names begin with (default: the agent's name and the file's, with dashes)")
      .option("--timezone <zone>", "zone of the times above any CRON_TZ (default: this machine's, as cron does)")
      .option("--system", "lines have a user column (default: only in /etc/crontab and /etc/cron.d)")
      .addHelpText(
        "after",
        "\nImporting the same file again changes nothing. A line whose times change updates its job; a line that is gone leaves its job, which you delete yourself.",
      )
      .action(async (file: string, options: Options) => {
        const client = connect(io, options);
        const target = targetOf(options);
        const system = options.system === true || (file !== "-" && isSystemCrontab(file, io.cwd));
        const crontab = parseCrontab(await readText(io, file), { system, timezone: options.timezone ?? io.timezone });
        const name = crontabName(file);
        const agentPart = options.agent === undefined ? "" : `${options.agent}-`;
        const jobs = jobsOfCrontab(crontab.entries, { target, namePrefix: options.namePrefix ?? `${agentPart}${name}-`, file: name });
        const source = file === "-" ? "-" : resolve(io.cwd, file);
        const allowed = "agent" in target ? allowedCommands(crontab.entries, source) : undefined;
        const list = options.dryRun === true || options.allowFile === undefined ? undefined : resolve(io.cwd, options.allowFile);

        // What may run is there before the first job asks for it, and what the jobs asked for until now is taken out when none does any more.
        if (list !== undefined && allowed !== undefined) await writeCrontabCommands(list, source, allowed, "keep");
        const imported = await importJobs(client, jobs, { dryRun: options.dryRun === true });
        io.exitCode = await exitCodeOf(crontab, imported);
        if (list !== undefined && allowed !== undefined && io.exitCode === 0) await writeCrontabCommands(list, source, allowed, "remove");

        const report = {
          ...reportOf(io, crontab, imported, options.dryRun === true),
          ...(allowed && { allowList: Object.fromEntries(allowed) }),
        };
        await answer(io, options, report, async () => {
          const text = await importText(io, report);
          return allowed === undefined ? text : `${text}${allowListNote(options, allowed)}`;
        });
      });
  },
};

/** One of the two, and the flags that go with it. */
function targetOf({ targetUrl, agent, allowFile, timeout }: Options): CrontabTarget {
  if ((targetUrl === undefined) === (agent === undefined)) {
    throw new CliError("usage", "Say who carries the lines out: either --target-url or --agent.");
  }
  if (agent !== undefined) return { agent, timeout: timeout ?? longestTimeout };
  if (allowFile !== undefined || timeout !== undefined) throw new CliError("usage", "--allow-file and --timeout go with --agent.");
  return { targetUrl: targetUrl as string };
}

function allowListNote({ agent, allowFile, dryRun }: Options, allowed: AllowList): string {
  if (allowFile !== undefined) {
    return dryRun === true ? "" : `${allowFile} allows these commands; start punctual agent --name ${agent} --allow ${allowFile} there.\n`;
  }
  return `Agent ${agent} runs them once its allow-list has these entries:\n${safeText(allowListText(allowed))}`;
}

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
