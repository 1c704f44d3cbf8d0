import { type Client, PunctualApiError } from "@punctual/client";
import type { PutQueueBody } from "@punctual/contract";
import { InvalidArgumentError } from "commander";
import { CliError } from "../../cli-error.ts";
import { type ConnectionOptions, connect, withConnection } from "../../connection.ts";
import { given, wholeNumber } from "../../input.ts";
import { answer, withJson } from "../../output/answer.ts";
import { queueText } from "../../output/queue.ts";
import type { Verb } from "../../verb.ts";

type Rate = { limit: number; period: string };
type Options = ConnectionOptions & {
  concurrency?: number | "none";
  keyConcurrency?: number | "none";
  rate?: Rate | "none";
  burst?: number;
  json?: true;
};

export const verb: Verb = {
  examples: [
    {
      command: "punctual queues set emails --concurrency 10 --key-concurrency 1",
      does: "at most ten at once, and one for each concurrency key",
    },
    { command: "punctual queues set emails --rate 100/1m --burst 5", does: "at most a hundred a minute, five of them at once" },
    { command: "punctual queues set emails --concurrency none", does: "take that limit away, and leave the others" },
  ],
  define: (command, io) => {
    withJson(withConnection(command))
      .argument("<name>", "name of the queue; created when there is none")
      .option("--concurrency <count>", "how many runs may be under way at once, or none", limitOrNone)
      .option("--key-concurrency <count>", "how many with the same concurrency key, or none", limitOrNone)
      .option("--rate <count/period>", "how many may begin in a period, such as 100/1m, or none", rateOrNone)
      .option("--burst <count>", "how many of them at once after a rest (default: as many as the rate)", wholeNumber)
      .action(async (name: string, options: Options) => {
        const client = connect(io, options);
        const current = await limitsOf(client, name);
        const [concurrency, keyConcurrency] = [options.concurrency, options.keyConcurrency].map(limitOf);
        const queue = await client.queues.put(name, { ...current, ...given({ concurrency, keyConcurrency }), ...rateOf(options, current) });
        await answer(io, options, queue, () => queueText(io, queue));
      });
  },
};

/** The API replaces all limits; flags name the ones that change. */
async function limitsOf(client: Client, name: string): Promise<PutQueueBody> {
  try {
    const { concurrency, keyConcurrency, rate } = await client.queues.get(name);
    return { concurrency, keyConcurrency, rate };
  } catch (error) {
    if (error instanceof PunctualApiError && error.code === "queue_not_found") return {};
    throw error;
  }
}

function rateOf({ rate, burst }: Options, current: PutQueueBody): Pick<PutQueueBody, "rate"> {
  if (rate === undefined && burst === undefined) return {};
  const changed = rate === undefined ? current.rate : rate === "none" ? null : rate;
  if (changed) return { rate: { ...changed, ...given({ burst }) } };
  if (burst !== undefined)
    throw new CliError("usage", "--burst means nothing without a rate.", { remedy: "Give --rate too, such as 100/1m." });
  return { rate: null };
}

function limitOf(limit: number | "none" | undefined): number | null | undefined {
  return limit === "none" ? null : limit;
}

/** The word is kept: commander makes an empty text of a null. */
function limitOrNone(text: string): number | "none" {
  return text === "none" ? text : wholeNumber(text);
}

function rateOrNone(text: string): Rate | "none" {
  if (text === "none") return text;
  const [, limit, period] = /^(\d+)\/(.+)$/.exec(text) ?? [];
  if (limit === undefined || period === undefined)
    throw new InvalidArgumentError("It must be a count and a period, such as 100/1m, or none.");
  return { limit: Number(limit), period };
}
