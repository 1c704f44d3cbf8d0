import type { ListRunLogsQuery, RunLogLine } from "@punctual/contract";
import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { given, positiveNumber } from "../../input.ts";
import type { Io } from "../../io.ts";
import { attemptText, logText } from "../../output/log.ts";
import type { Verb } from "../../verb.ts";

type Options = ConnectionOptions & { attempt?: number; tail?: number; follow?: true; json?: true };
type Page = { items: RunLogLine[]; nextCursor: string | null };

/** How long to wait at the end of what there is: a worker sends its lines every few seconds. */
const lookAgainMs = 1_000;

export const verb: Verb = {
  examples: [
    { command: "punctual runs logs 0192f3a4-5b6c-8d7e-9f01-23456789ab2c", does: "all lines of all its attempts" },
    {
      command: "punctual runs logs 0192f3a4-5b6c-8d7e-9f01-23456789ab2c --tail 20 --follow",
      does: "the last lines, then those that come, until the run is over",
    },
  ],
  define: (command, io) => {
    withConnection(command)
      .argument("<run>", "the run's id")
      .option("--attempt <number>", "only the lines of this attempt", positiveNumber)
      .option("--tail <count>", "only the last lines, 1,000 at most", positiveNumber)
      .option("--follow", "go on with the lines that are still to come, until the run is over")
      .option("--json", "write each line as a JSON document of its own, and errors as problem documents")
      .action(async (runId: string, options: Options) => {
        const { runs } = connect(io, options);
        const { attempt, tail, follow } = options;
        const query = given({ attempt, follow: follow && ("true" as const) });
        await writeAll(io, options, (more) => runs.logs(runId, { ...query, ...more }), given({ tail }));
      });
  },
};

/** Line by line as they come: a log can be longer than what fits into memory or patience. */
async function writeAll(
  io: Io,
  { json, follow }: Options,
  fetchPage: (more: Pick<ListRunLogsQuery, "tail" | "cursor">) => Promise<Page>,
  first: Pick<ListRunLogsQuery, "tail">,
): Promise<void> {
  let attempt = 1;
  let lines = 0;
  for (let page = await fetchPage(first); ; page = await fetchPage({ cursor: page.nextCursor ?? "" })) {
    for (const line of page.items) {
      if (json === undefined && line.attempt !== attempt) io.out(attemptText(io, line.attempt));
      io.out(json === true ? `${JSON.stringify(line)}\n` : logText(io, line));
      attempt = line.attempt;
    }
    lines += page.items.length;
    if (page.nextCursor === null) break;
    if (page.items.length === 0) await io.sleep(lookAgainMs);
  }
  if (lines === 0 && json === undefined)
    io.err(follow === true ? "The run is over and has logged nothing.\n" : "The run has logged nothing.\n");
}
