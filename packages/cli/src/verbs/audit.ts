import type { AuditQuery } from "@punctual/contract";
import { type ConnectionOptions, connect, withConnection } from "../connection.ts";
import { jobIdOf } from "../job-reference.ts";
import { answer, withJson } from "../output/answer.ts";
import { type AuditItem, type AuditSummary, addSummaries, auditText, problemsOf } from "../output/audit.ts";
import type { Verb } from "../verb.ts";

type Options = ConnectionOptions & { from?: string; to?: string; job?: string; rows?: true; json?: true };

const dayMs = 86_400_000;
/** exitCodes.findings, which a test compares. */
export const findingsExitCode = 9;

export const verb: Verb = {
  examples: [
    { command: "punctual audit", does: "prove the last day: every occurrence ran, or was skipped for a reason" },
    { command: "punctual audit --job report --from 2027-03-01T00:00:00Z --rows", does: "list every occurrence of a job since that day" },
  ],
  define: (command, io) => {
    withJson(withConnection(command))
      .option("--from <time>", "nominal times at or after this (default: a day ago)")
      .option("--to <time>", "nominal times before this (default: now)")
      .option("--job <job>", "only this job, by its id or its name")
      .option("--rows", "list every occurrence, not only those that are not as they must be")
      .addHelpText("after", "\nThe exit code is 9 when an occurrence is missing, unexpected, overdue, early or doubled.")
      .action(async (options: Options) => {
        const client = connect(io, options);
        const query: AuditQuery = {
          from: options.from ?? new Date(io.nowMs() - dayMs).toISOString(),
          ...(options.to !== undefined && { to: options.to }),
          ...(options.job !== undefined && { jobId: await jobIdOf(client, options.job) }),
          ...(options.rows === true && { show: "all" as const }),
        };
        let summary: AuditSummary | null = null;
        const items: AuditItem[] = [];
        for await (const page of client.audit.pages(query)) {
          summary = summary === null ? page.summary : addSummaries(summary, page.summary);
          for (const item of page.items) items.push(item);
          if (page.nextCursor !== null) io.progress(`${summary.expected} occurrences of ${summary.jobs} jobs compared`);
        }
        io.progress("");
        if (summary === null) throw new ReferenceError("an audit has at least one page");
        const whole = summary;
        io.exitCode = problemsOf(whole) === 0 ? 0 : findingsExitCode;
        await answer(io, options, { from: query.from, summary: whole, items }, () => auditText(io, whole, items));
      });
  },
};
