// Workers of the benchmark: for each queue a lane that leases a hundred runs, does nothing, and completes them in one request.
import { setTimeout as delay } from "node:timers/promises";
import { createClient } from "@punctual/client";

const batch = 100;
const { BENCH_URL: baseUrl = "", BENCH_API_KEY: apiKey = "", BENCH_QUEUES: queues = "" } = process.env;
const { workers } = createClient({ baseUrl, apiKey });
const stopping = new AbortController();
process.once("SIGTERM", () => stopping.abort());
let failures = 0;

async function lane(queue: string): Promise<void> {
  const worker = `bench ${queue}`;
  while (!stopping.signal.aborted) {
    try {
      const { leases } = await workers.lease({ worker, queues: [queue], batch, wait: "1s" }, stopping.signal);
      if (leases.length === 0) continue;
      await workers.complete({ worker, results: leases.map(({ runId, leaseToken }) => ({ runId, leaseToken, outcome: "succeeded" })) });
    } catch (error) {
      if (stopping.signal.aborted) return;
      failures++;
      console.error(String(error));
      await delay(100);
    }
  }
}

console.log("working");
await Promise.all(queues.split(",").map(lane));
console.log(`failures ${failures}`);
