import type { ForecastRequest } from "@punctual/contract";
import { type ConnectionOptions, connect, withConnection } from "../connection.ts";
import { given } from "../input.ts";
import { answer, withJson } from "../output/answer.ts";
import { forecastText } from "../output/forecast.ts";
import type { Verb } from "../verb.ts";

type Options = ConnectionOptions & ForecastRequest & { json?: true };

export const verb: Verb = {
  examples: [
    { command: "punctual forecast", does: "how much starts in the next day, as a chart" },
    {
      command: "punctual forecast --from 2027-03-01T00:00:00Z --to 2027-03-08T00:00:00Z --bucket 1h --json",
      does: "a week hour by hour, for programs",
    },
  ],
  define: (command, io) => {
    withJson(withConnection(command))
      .option("--from <time>", "begin with the bucket that this time lies in (default: now)")
      .option("--to <time>", "end before this time, at most 31 days later (default: a day later)")
      .option("--bucket <duration>", "count by stretches this long, such as 1m or 1h (default: 1m)")
      .action(async ({ from, to, bucket, ...options }: Options) => {
        const forecast = await connect(io, options).schedules.forecast(given({ from, to, bucket }));
        await answer(io, options, forecast, () => forecastText(forecast));
      });
  },
};
