import type { ImportAction } from "../crontab/import.ts";
import type { CrontabNote, RefusedLine } from "../crontab/parse.ts";
import type { Io } from "../io.ts";
import { paint, paintStatus } from "./paint.ts";
import { safeText } from "./safe.ts";
import { tableText } from "./table.ts";
import { whenText } from "./when.ts";

export type ImportLine = {
  line: number;
  action: ImportAction;
  name: string;
  jobId: string | null;
  cron: string;
  timezone: string;
  command: string;
  nextRunAt: string | null;
  reason: string | null;
};
/** What an import did, or with `dryRun` would do, line by line. */
export type ImportReport = { dryRun: boolean; lines: ImportLine[]; refused: RefusedLine[]; notes: CrontabNote[] };

const done: { readonly [A in ImportAction]: string } = {
  create: "created",
  update: "updated",
  unchanged: "unchanged",
  failed: "failed",
  not_sent: "not sent",
};
const commandChars = 50;

export async function importText(io: Io, report: ImportReport): Promise<string> {
  const { lines, refused, notes, dryRun } = report;
  const now = io.nowMs();
  const word = (action: ImportAction): string => (dryRun ? action.replace("_", " ") : done[action]);
  const table = await tableText(
    io,
    ["line", "action", "job", "schedule", "next run", "command"],
    lines.map((line) => [
      String(line.line),
      paintStatus(io, word(line.action)),
      safeText(line.name),
      `${line.cron} (${line.timezone})`,
      line.nextRunAt === null ? "" : whenText(line.nextRunAt, now),
      shortCommand(line.command),
    ]),
  );
  const problems = [
    ...refused.map(({ line, text, reason }) => `line ${line} ${paint(io, "red", "refused")}: ${reason}\n    ${safeText(text)}\n`),
    ...lines
      .filter((line) => line.reason !== null)
      .map(({ line, action, reason }) => `line ${line} ${word(action)}: ${safeText(reason ?? "")}\n`),
    ...notes.map(({ line, text }) => `line ${line} note: ${text}\n`),
  ];
  return `${lines.length === 0 ? "" : `${table}\n`}${problems.join("")}${summary(report)}\n`;
}

function summary({ dryRun, lines, refused }: ImportReport): string {
  if (lines.length === 0 && refused.length === 0) return "The crontab has no lines that run anything.";
  const count = (action: ImportAction): number => lines.filter((line) => line.action === action).length;
  const shown = (Object.keys(done) as ImportAction[])
    .filter((action) => count(action) > 0)
    .map((action) => `${count(action)} ${dryRun ? action.replace("_", " ") : done[action]}`);
  if (refused.length > 0) shown.push(`${refused.length} refused`);
  return `${dryRun ? "Plan, nothing was changed: " : ""}${shown.join(", ")}.`;
}

function shortCommand(command: string): string {
  const text = safeText(command);
  return text.length <= commandChars ? text : `${text.slice(0, commandChars - 3)}...`;
}
