// graphile-worker with what its documentation recommends for throughput: a local queue of 500 and completions in batches. It deletes what is done; it has no history.
// https://worker.graphile.org/docs/performance
import { makeWorkerUtils, run } from "graphile-worker";
import { createTally, fill, url } from "./tally.mjs";

const quiet = { debug() {}, info() {}, warning: console.error, error: console.error };
const { Logger } = await import("graphile-worker");
const logger = new Logger(() => (level, message) => quiet[level]?.(message));
const utils = await makeWorkerUtils({ connectionString: url, logger });
await utils.migrate();
await fill((batch) => utils.addJobs(batch.map((n) => ({ identifier: "nothing", payload: { n } }))));
await utils.release();

const tally = createTally();
const runner = await run({
  connectionString: url,
  logger,
  taskList: { nothing: async () => tally.add(1) },
  preset: {
    worker: { concurrentJobs: 24, maxPoolSize: 16, localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 },
  },
});
await tally.end;
await runner.stop();
process.exit(0);
