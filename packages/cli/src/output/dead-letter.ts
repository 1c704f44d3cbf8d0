import type { DeadLetter, DeadLetterDetail } from "@punctual/contract";
import type { Io } from "../io.ts";
import { paint } from "./paint.ts";
import { attemptTable, outputText } from "./run.ts";
import { safeText } from "./safe.ts";
import { fieldsText, tableText } from "./table.ts";
import { whenText } from "./when.ts";

/** Dead letters as a table. */
export function deadLetterTable(io: Io, letters: readonly DeadLetter[]): Promise<string> {
  const now = io.nowMs();
  return tableText(
    io,
    ["run", "job", "nominal time", "target", "failure", "note"],
    letters.map((letter) => [
      letter.runId,
      safeText(letter.jobName ?? letter.jobId),
      whenText(letter.nominalAt, now),
      safeText(letter.target),
      failureText(letter),
      safeText(letter.note ?? ""),
    ]),
  );
}

/** A dead letter in full: what it was, each attempt, what was sent last and what came back. */
export async function deadLetterText(io: Io, letter: DeadLetterDetail): Promise<string> {
  const now = io.nowMs();
  const { resolvedAt, resolvedBy, resolution } = letter;
  const fields = fieldsText(io, [
    ["run", letter.runId],
    ["job", `${letter.jobName === null ? "" : `${safeText(letter.jobName)}, `}${letter.jobId}, revision ${letter.revision}`],
    ["dead", `${whenText(letter.diedAt, now)}${letter.reason === null ? "" : `: ${safeText(letter.reason)}`}`],
    ["nominal time", whenText(letter.nominalAt, now)],
    ["target", safeText(letter.target)],
    ["queue", letter.queue],
    ["failure", failureText(letter)],
    ["note", letter.note === null ? null : safeText(letter.note)],
    ["resolved", resolvedAt === null ? null : safeText(`${whenText(resolvedAt, now)} by ${resolvedBy ?? "unknown"}: ${resolution ?? ""}`)],
  ]);
  const attempts = letter.attempts.length === 0 ? "" : `\n${await attemptTable(io, letter.attempts)}`;
  return `${fields}${attempts}${requestText(io, letter.lastRequest)}${outputText(io, letter.attempts)}`;
}

function failureText({ failureClass, statusCode, error }: DeadLetter): string {
  const parts = [statusCode === null ? null : String(statusCode), failureClass, error === null ? null : safeText(error)];
  return parts.filter((part) => part !== null).join(" ");
}

function requestText(io: Io, request: DeadLetterDetail["lastRequest"]): string {
  if (request === null) return "";
  const headers = Object.entries(request.headers).map(([name, value]) => safeText(`${name}: ${value}`));
  const body = request.body === null ? [] : ["", safeText(request.body)];
  const lines = [`${request.method} ${safeText(request.url)}`, ...headers, ...body];
  return `\n${paint(io, "bold", "last request, put together again")}\n${lines.join("\n")}\n`;
}
