import type { ExplainVerdict, JobExplanation } from "@punctual/contract";
import type { Io } from "../io.ts";
import { explanationText } from "./explanation.ts";
import { paint } from "./paint.ts";
import { runText } from "./run.ts";
import { safeText } from "./safe.ts";
import { exactText, whenText } from "./when.ts";

/** What nobody has to look into. */
const fine: readonly ExplainVerdict[] = ["ran", "live", "pending", "to_come"];
const alarming: readonly ExplainVerdict[] = ["missing", "unexpected", "overdue", "early", "doubled"];

/** The verdict and its reasons, the revision in force, then the run, or else what the schedule says of the time. */
export async function jobExplanationText(io: Io, explanation: JobExplanation): Promise<string> {
  const { at, verdict, because, revision, schedule, run } = explanation;
  const colour = fine.includes(verdict) ? "green" : alarming.includes(verdict) ? "red" : "yellow";
  const lines = [
    `${whenText(at, io.nowMs())}: ${paint(io, colour, verdict.replaceAll("_", " "))}\n`,
    ...because.map((sentence) => `  ${safeText(sentence)}\n`),
    revision === null ? "" : revisionText(revision),
  ];
  const detail = run !== null ? await runText(io, run) : schedule !== null ? explanationText(io, schedule) : "";
  return `${lines.join("")}${detail === "" ? "" : `\n${detail}`}`;
}

function revisionText({ revision, status, from, to }: NonNullable<JobExplanation["revision"]>): string {
  return `in force: revision ${revision}, ${status}, from ${exactText(from)} ${to === null ? "on" : `to ${exactText(to)}`}\n`;
}
