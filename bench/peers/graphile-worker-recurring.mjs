// graphile-worker's crontab: as many items as there are schedules, each adding its job at the full minute.
import { Logger, parseCronItems, run } from "graphile-worker";
import { awayFromTheMinute, createLags, schedules } from "./lags.mjs";
import { url } from "./tally.mjs";

const logger = new Logger(() => (level, message) => (level === "error" || level === "warning" ? console.error(message) : undefined));
const items = Array.from({ length: schedules }, (_, n) => ({ task: "nothing", match: "* * * * *", identifier: `schedule-${n}` }));
const lags = createLags();
await awayFromTheMinute(15_000);
const runner = await run({
  connectionString: url,
  logger,
  taskList: { nothing: async (payload) => lags.add(Date.parse(payload._cron.ts)) },
  parsedCronItems: parseCronItems(items),
  preset: { worker: { concurrentJobs: 24, maxPoolSize: 16, localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
});
console.log("filled");
await lags.end;
await runner.stop();
process.exit(0);
