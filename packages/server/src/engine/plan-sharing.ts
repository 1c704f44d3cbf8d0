import { LRUCache } from "lru-cache";
import { type JobDefinition, type JobPlan, planWith } from "../model/job-definition.ts";
import { dependsOnSeed, planSchedule, type SchedulePlan, scheduleOf } from "../model/job-schedule.ts";

/** A definition, parsed. `bytes`: what it adds to the heap, in so far as no other job has the same. */
export type ParsedPlan = { plan: JobPlan; bytes: number };

/** So many different ones are known at a time; at worst some 10 MB. */
const differentOnes = 2_000;
/** As the heap grew by 50,000 of them: an interval or a time, and what is searched for, such as cron, a rule or a union. */
const plainScheduleBytes = 600;
const searchedScheduleBytes = 2_200;
/** Besides its texts: policies, limits, target. */
const planBytes = 150;

/**
 * Parses each definition once for all jobs that have the same one, and each schedule once for all definitions with it: a herd is often one definition with many payloads, and
 * thousands of jobs share a few crontabs. What is derived from the job's id (`H`, spread, jitter) is shared with nobody.
 */
export function createPlanSharing(): (definition: string, jobId: string) => ParsedPlan {
  const plans = new LRUCache<string, JobPlan>({ max: differentOnes });
  const schedules = new LRUCache<string, SchedulePlan>({ max: differentOnes });
  return (text, jobId) => {
    const known = plans.get(text);
    if (known) return { plan: known, bytes: 0 };
    const definition = JSON.parse(text) as JobDefinition;
    const isOwn = dependsOnSeed(definition);
    const key = isOwn ? "" : JSON.stringify(scheduleOf(definition));
    const shared = isOwn ? undefined : schedules.get(key);
    const schedule = shared ?? planSchedule(definition, jobId);
    const plan = planWith(definition, schedule);
    if (!isOwn) {
      schedules.set(key, schedule);
      plans.set(text, plan);
    }
    const isPlain = definition.every !== undefined || definition.runAt !== undefined;
    const scheduleBytes = shared ? 0 : isPlain ? plainScheduleBytes : searchedScheduleBytes;
    return { plan, bytes: planBytes + 2 * text.length + scheduleBytes };
  };
}
