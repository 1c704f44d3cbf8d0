// The whole way of a job, in one process: it is created, its webhook is received, its run is read back.
// Start it in the folder where `npm start` runs, which keeps the keys: node examples/client/first-job.mjs
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { createClient, createNodeReceiver } from "@punctual/client";

const apiKey = (await readFile(".punctual/api-key", "utf8")).trim();
const signingSecret = (await readFile(".punctual/signing-secret", "utf8")).trim();

const receiver = createServer(
  createNodeReceiver({ secrets: [signingSecret], onRun: (run) => `hello ${run.json().name}`, onError: console.error }),
);
await new Promise((resolve) => receiver.listen(0, "127.0.0.1", resolve));

const punctual = createClient({ baseUrl: process.env.PUNCTUAL_SERVER ?? "http://127.0.0.1:8080", apiKey });
const job = await punctual.jobs.create({
  delay: "1s",
  target: { type: "http", url: `http://127.0.0.1:${receiver.address().port}/` },
  payload: { name: "world" },
});
const run = await endedRunOf(job.jobId);
console.log(`run ${run.runId} ${run.status} after ${run.lagMs} ms, output: ${run.attempts[0].output}`);
receiver.close();

/** The job's run, once it is over. */
async function endedRunOf(jobId) {
  for (;;) {
    const { items } = await punctual.runs.list({ jobId, limit: 1 });
    if (items[0]?.finishedAt) return punctual.runs.get(items[0].runId);
    await pause(200);
  }
}
