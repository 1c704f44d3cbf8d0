import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { type Created, cronerReads } from "../lib/create.ts";
import type { JobFact } from "../lib/history.ts";
import { cleanEnvironment, punctualBin } from "../lib/node.ts";

type CliReport = {
  lines: { line: number; action: string; name: string; jobId: string | null; timezone: string; reason: string | null }[];
  refused: { line: number; text: string; reason: string }[];
};
export type CrontabImport = { file: string; system: boolean; targetUrl: string; serverUrl: string; apiKey: string; folder: string };

/** Runs `punctual import crontab` as a person would. What the lines mean is read from the file again: the checker must not trust the importer's reading. */
export async function importCrontab(options: CrontabImport): Promise<Created> {
  const sentMs = Date.now();
  const report = await runImport(options);
  const acknowledgedMs = Date.now();
  const texts = readFileSync(options.file, "utf8").split(/\r?\n/);
  const cronOf = (line: number): string => timesOf(texts[line - 1] ?? "");
  const jobs: JobFact[] = [];
  for (const { line, name, jobId, timezone } of report.lines) {
    if (jobId === null) continue;
    jobs.push({ jobId, name, source: `crontab line ${line}`, schedule: { cron: cronOf(line), timezone }, sentMs, acknowledgedMs });
  }
  const failed = report.lines.filter(({ jobId }) => jobId === null).map(({ line, reason }) => ({ line, reason: reason ?? "not sent" }));
  return {
    jobs,
    refused: [...report.refused, ...failed].map(({ line, reason }) => {
      const schedule = cronOf(line);
      return { source: `crontab line ${line}`, schedule, jobs: 1, code: "import", reason, cronerReads: cronerReads(schedule) };
    }),
  };
}

/** The five time columns of a line, or its nickname. */
function timesOf(line: string): string {
  return /^\s*(@\w+|(?:\S+\s+){4}\S+)/.exec(line)?.[1] ?? line;
}

function runImport({ file, system, targetUrl, serverUrl, apiKey, folder }: CrontabImport): Promise<CliReport> {
  const args = [
    punctualBin,
    "import",
    "crontab",
    file,
    ...(system ? ["--system"] : []),
    "--target-url",
    targetUrl,
    "--server",
    serverUrl,
    "--json",
  ];
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      args,
      { cwd: folder, env: { ...cleanEnvironment(), PUNCTUAL_API_KEY: apiKey } },
      (_error, stdout, stderr) => {
        // A refused line makes the exit code that of a partial success, and the report is complete all the same.
        const report = parseReport(stdout);
        if (report === null) reject(new Error(`punctual import crontab failed: ${stderr || stdout}`));
        else resolve(report);
      },
    );
  });
}

function parseReport(text: string): CliReport | null {
  try {
    const report = JSON.parse(text) as Partial<CliReport>;
    return report.lines && report.refused ? (report as CliReport) : null;
  } catch {
    return null;
  }
}
