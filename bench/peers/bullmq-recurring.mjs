// BullMQ's job schedulers: one for each schedule, all with the same pattern.
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { awayFromTheMinute, createLags, schedules } from "./lags.mjs";
import { url } from "./tally.mjs";

const queueName = "nothing";
const atOnce = 200;
const connect = () => new Redis(url, { maxRetriesPerRequest: null });
const queue = new Queue(queueName, { connection: connect() });
await awayFromTheMinute(40_000);
for (let from = 0; from < schedules; from += atOnce) {
  const numbers = Array.from({ length: Math.min(atOnce, schedules - from) }, (_, index) => from + index);
  const template = { name: "nothing", opts: { removeOnComplete: true } };
  await Promise.all(numbers.map((n) => queue.upsertJobScheduler(`schedule-${n}`, { pattern: "* * * * *" }, template)));
}
console.log("filled");
const lags = createLags();
const start = async (job) => lags.add(job.timestamp + (job.opts.delay ?? 0));
const workers = Array.from({ length: 4 }, () => new Worker(queueName, start, { connection: connect(), concurrency: 100 }));
for (const worker of workers) worker.on("error", console.error);
await lags.end;
process.exit(0);
