// BullMQ with four workers of 100 jobs at once, which is where more of either brought nothing. What is done is removed: the cheapest it can do.
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { createTally, fill, url } from "./tally.mjs";

const queueName = "nothing";
const connect = () => new Redis(url, { maxRetriesPerRequest: null });
const queue = new Queue(queueName, { connection: connect() });
const opts = { removeOnComplete: true };
await fill((batch) => queue.addBulk(batch.map((n) => ({ name: "nothing", data: { n }, opts }))));

const tally = createTally();
const nothing = async () => tally.add(1);
const workers = Array.from({ length: 4 }, () => new Worker(queueName, nothing, { connection: connect(), concurrency: 100 }));
for (const worker of workers) worker.on("error", console.error);
await tally.end;
process.exit(0);
