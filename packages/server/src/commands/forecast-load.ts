import { setImmediate } from "node:timers/promises";
import { limits } from "@punctual/contract";
import { createForecast, type Forecast } from "@punctual/schedule";
import type { JobDefinition } from "../model/job-definition.ts";
import { acceptForecast, forecastOf } from "../model/job-forecast.ts";
import { readClock } from "../store/clock.ts";
import { listScheduledJobs } from "../store/job-schedules.ts";
import type { CommandContext, Operation } from "./operation.ts";
import { instant } from "./views.ts";

const pageJobs = 1_000;
/** Different schedules in memory at once; equal ones that come later than this are counted again. */
const mostWaiting = 10_000;
/** A node has more to do than to count. */
const longestMs = 5_000;

/** Reads page by page and counts in short steps, because the same process fires jobs. */
export const forecastLoad: Operation<"forecastLoad"> = async (context, { body }) => {
  const nowMs = await readClock(context.db);
  const input = acceptForecast(body, nowMs);
  const forecast = createForecast(input);
  const { jobs, isComplete } = await countJobs(context, forecast, nowMs);
  const counts = [...forecast.load()];
  const most = Math.max(...counts);
  return {
    status: 200,
    body: {
      from: instant(input.fromMs),
      to: instant(input.fromMs + input.buckets * input.bucketMs),
      bucketSeconds: input.bucketMs / 1_000,
      counts,
      total: counts.reduce((sum, count) => sum + count, 0),
      busiest: most === 0 ? null : { at: instant(input.fromMs + counts.indexOf(most) * input.bucketMs), count: most },
      jobs,
      isComplete,
    },
  };
};

async function countJobs(context: CommandContext, forecast: Forecast, nowMs: number): Promise<{ jobs: number; isComplete: boolean }> {
  const deadlineMs = performance.now() + longestMs;
  let jobs = 0;
  let afterId: string | null = null;
  for (;;) {
    const page = await listScheduledJobs(context.db, context.tenantId, afterId, pageJobs);
    for (const { job_id: jobId, definition, next_ms: nextMs, fired } of page)
      forecast.add(forecastOf(JSON.parse(definition) as JobDefinition, { jobId, nextMs, fired }, nowMs));
    jobs += page.length;
    afterId = page.at(-1)?.job_id ?? null;
    const isLast = page.length < pageJobs;
    const isFull = !isLast && jobs >= limits.forecastJobs;
    if ((isLast || isFull || forecast.waiting() >= mostWaiting) && !(await count(forecast, deadlineMs))) return { jobs, isComplete: false };
    if (isLast || isFull) return { jobs, isComplete: isLast };
  }
}

/** @returns false when the time was not enough */
async function count(forecast: Forecast, deadlineMs: number): Promise<boolean> {
  const steps = forecast.count();
  while (steps.next().done !== true) {
    if (performance.now() > deadlineMs) return false;
    await setImmediate();
  }
  return true;
}
