import { randomBytes } from "node:crypto";
import { type Filled, fillStock } from "../history-stock.ts";
import { type HttpRequest, loadHttp } from "../http-load.ts";
import { figuresOf, startMeter } from "../meter.ts";
import { startNodes } from "../nodes.ts";
import type { Figures, Scenario } from "../scenario.ts";
import { setUpStage } from "../stage.ts";

/** Small enough to be filled in a minute or two; a folder that is kept can hold 10 million jobs and 50 million runs. */
const defaultJobs = 100_000;
const runsPerJob = 5;
const defaultSeconds = 20;
const bulkJobs = 1_000;

type Step = { step: string; concurrency: number; next: () => HttpRequest; jobsARequest?: number };

export const api: Scenario = {
  name: "api",
  purpose:
    "create single and in bulk, read, list and search beside many jobs and ended runs (--size N: jobs, with five runs each; --folder)",
  keepsFolder: "default size",
  async run(context) {
    const { options } = context;
    const seconds = options.seconds ?? defaultSeconds;
    const stage = await setUpStage(context, { shared_buffers: "1GB" });
    const jobs = options.size ?? defaultJobs;
    const runs = jobs * runsPerJob;
    const filled = await fillStock(stage, context, { jobs, runs });
    const nodes = await startNodes(stage, context, { count: options.nodes, noop: true, slots: 1_000 });
    const target = { url: nodes.urls[0] ?? "", apiKey: filled.apiKey, signal: context.signal };
    const found: (Figures & { step: string })[] = [];
    for (const { step, jobsARequest = 0, ...load } of stepsOf(filled)) {
      // The first of its kind plans its statement, once a connection.
      await loadHttp(target, { ...load, seconds: Math.min(3, options.warmupSeconds) });
      const stop = await startMeter(stage, nodes.pids);
      const { requests, perSecond, ...outcome } = await loadHttp(target, { ...load, seconds });
      const usage = figuresOf(await stop(), requests);
      const jobsPerSecond = jobsARequest === 0 ? null : perSecond * jobsARequest;
      // What figures give by run is by request here.
      const { statementsPerRun, rowsPerRun, walBytesPerRun, writesPerRun: _writes, ...others } = usage;
      const none = { runsPerSecond: null, lagMs: null, statementsPerRun: null, rowsPerRun: null, walBytesPerRun: null };
      const perRequest = { statementsPerRequest: statementsPerRun, rowsPerRequest: rowsPerRun, walBytesPerRequest: walBytesPerRun };
      found.push({
        step,
        ...none,
        ...others,
        requests,
        requestsPerSecond: perSecond,
        jobsPerSecond,
        ...outcome,
        ...perRequest,
        postgres: stage.postgres,
      });
      context.say(`${step}: ${perSecond} requests a second, ${outcome.failures} failed ${outcome.firstFailure ?? ""}`);
    }
    await nodes.stop();
    const [first] = found;
    if (first === undefined) throw new Error("nothing was asked");
    const { step: _step, ...figures } = first;
    return { ...figures, jobs, runs, steps: found };
  },
};

function stepsOf({ stock }: Filled): Step[] {
  const any = (ids: readonly string[]): string => ids[Math.floor(Math.random() * ids.length)] ?? "";
  const get = (path: string): HttpRequest => ({ method: "GET", path });
  const team = (): string => `t${Math.floor(Math.random() * stock.teams)}`;
  const job = () => ({ ...newJob, name: `bench-${randomBytes(8).toString("hex")}`, labels: { team: team() } });
  const instant = (): string => new Date(stock.fromMs + Math.random() * (stock.toMs - stock.fromMs)).toISOString();
  const label = (): string => encodeURIComponent(`team=${team()}`);
  const keyed = (): string => JSON.stringify({ ...job(), idempotencyKey: randomBytes(16).toString("hex") });
  const bulk = (): string => JSON.stringify({ jobs: Array.from({ length: bulkJobs }, job) });
  return [
    { step: "create", concurrency: 32, jobsARequest: 1, next: () => ({ method: "POST", path: "/v1/jobs", body: JSON.stringify(job()) }) },
    { step: "create with a key", concurrency: 32, jobsARequest: 1, next: () => ({ method: "POST", path: "/v1/jobs", body: keyed() }) },
    {
      step: "create in bulk",
      concurrency: 4,
      jobsARequest: bulkJobs,
      next: () => ({ method: "POST", path: "/v1/jobs/bulk", body: bulk() }),
    },
    { step: "read a job", concurrency: 16, next: () => get(`/v1/jobs/${any(stock.jobIds)}`) },
    { step: "list jobs", concurrency: 4, next: () => get("/v1/jobs?limit=50") },
    { step: "list a label's jobs", concurrency: 4, next: () => get(`/v1/jobs?limit=50&label=${label()}`) },
    {
      step: "list jobs by name",
      concurrency: 4,
      next: () => get(`/v1/jobs?limit=50&namePrefix=stock-${10_000 + Math.floor(Math.random() * 80_000)}`),
    },
    { step: "search runs", concurrency: 4, next: () => get(`/v1/runs?limit=50&to=${instant()}`) },
    { step: "search a job's runs", concurrency: 4, next: () => get(`/v1/runs?limit=50&jobId=${any(stock.jobIds)}&to=${instant()}`) },
    { step: "search dead runs", concurrency: 4, next: () => get(`/v1/runs?limit=50&status=dead&to=${instant()}`) },
    { step: "search a label's runs", concurrency: 4, next: () => get(`/v1/runs?limit=50&label=${label()}&to=${instant()}`) },
  ];
}

const newJob = {
  every: "30d",
  target: { type: "http", url: "http://service.invalid/report" },
  payload: { report: "daily", limit: 100 },
};
