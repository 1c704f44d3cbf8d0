import { type ConnectionOptions, withConnection } from "../connection.ts";
import { examine, type Finding } from "../doctor/checks.ts";
import type { Io } from "../io.ts";
import { answer, withJson } from "../output/answer.ts";
import { paintStatus } from "../output/paint.ts";
import { safeText } from "../output/safe.ts";
import type { Verb } from "../verb.ts";

export const verb: Verb = {
  examples: [{ command: "punctual doctor", does: "check Node.js, its time zones, the server, its clock, its database and your key" }],
  define: (command, io) => {
    withJson(withConnection(command))
      .addHelpText("after", "\nThe exit code is that of the first check that failed; a warning alone is 0.")
      .action(async (options: ConnectionOptions & { json?: true }) => {
        const findings = await examine(io, options, process.versions.node, process.versions.tz);
        io.exitCode = await exitCodeOf(findings);
        await answer(io, options, { findings }, () => findings.map((finding) => findingText(io, finding)).join(""));
      });
  },
};

async function exitCodeOf(findings: readonly Finding[]): Promise<number> {
  const code = findings.find((finding) => finding.code !== null)?.code;
  return code ? (await import("@punctual/contract")).errorCatalogue[code].exit : 0;
}

function findingText(io: Io, { check, verdict, detail, remedy }: Finding): string {
  const remedyLine = remedy === null ? "" : `                ${remedy}\n`;
  return `${paintStatus(io, verdict)}${" ".repeat(6 - verdict.length)}${check.padEnd(10)}${safeText(detail)}\n${remedyLine}`;
}
