// A worker, and a job for it. Start it in the folder where `npm start` runs, which keeps the key: node examples/worker/worker.mjs
import { readFile } from "node:fs/promises";
import { createClient, Worker } from "@punctual/client";

const apiKey = (await readFile(".punctual/api-key", "utf8")).trim();
const punctual = createClient({ baseUrl: process.env.PUNCTUAL_SERVER ?? "http://127.0.0.1:8080", apiKey });

const worker = new Worker({
  client: punctual,
  queue: "greetings",
  onError: console.error,
  handler: async (run) => {
    run.log(`greeting ${run.payload.name}`);
    console.log(`hello ${run.payload.name}, in attempt ${run.attempt}`);
    return "greeted";
  },
});
worker.start();
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => void worker.stop());
await punctual.jobs.upsert("greet", { every: "2s", target: { type: "worker", queue: "greetings" }, payload: { name: "world" } });
