import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { chosen, countText, dealWithAll, type Handled, type ManyOptions, withMany } from "../../dead-letter-flags.ts";
import { positiveNumber } from "../../input.ts";
import { answer, withJson } from "../../output/answer.ts";
import { whenText } from "../../output/when.ts";
import type { Verb } from "../../verb.ts";

type Options = ConnectionOptions & ManyOptions & { pace?: number; json?: true };

const pageItems = 10_000;

export const verb: Verb = {
  examples: [
    { command: "punctual dead-letters replay 0192f3a4-5b6c-8d7e-9f01-23456789ab2c", does: "give one run another attempt, at once" },
    { command: "punctual dead-letters replay --target https://api.example.com --dry-run", does: "tell how many would be replayed" },
    {
      command: "punctual dead-letters replay --target https://api.example.com --pace 5 --yes",
      does: "replay them all, five a second, oldest first",
    },
  ],
  define: (command, io) => {
    withJson(withConnection(withMany(command)))
      .argument("[run]", "the run's id; without it, filters say which")
      .option("--pace <runs>", "of many, so many begin each second (default: 10)", positiveNumber)
      .action(async (runId: string | undefined, options: Options) => {
        const client = connect(io, options);
        const which = await chosen(client, runId, options);
        if ("runId" in which) {
          const run = await client.deadLetters.replay(which.runId);
          return answer(io, options, run, () => `Ready: attempt ${run.attempt + 1} begins as soon as a slot is free.\n`);
        }
        const body = { filter: which.filter, limit: pageItems, ...(options.pace !== undefined && { pace: options.pace }) };
        const total = await dealWithAll(options, "replay", async (page) => {
          const { replayed, ...part } = await client.deadLetters.replayMany({ ...body, ...page });
          return { ...part, changed: replayed };
        });
        await answer(io, options, total, () => (total.dryRun ? `${countText(total)}.\n` : doneText(total, io.nowMs())));
      });
  },
};

function doneText({ changed, lastStartAt }: Handled, nowMs: number): string {
  if (changed === 0) return "No dead letter matches.\n";
  return `Replaying ${changed}; the last one begins ${lastStartAt === null ? "now" : whenText(lastStartAt, nowMs)}.\n`;
}
