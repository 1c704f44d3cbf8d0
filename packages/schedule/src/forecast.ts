import { parseSchedule } from "./parse-schedule.ts";
import type { ScheduleSpec } from "./spec.ts";

export type ForecastInput = {
  /** First instant of the forecast. */
  fromMs: number;
  /** Length of a bucket, e.g. 60000 for occurrences a minute. */
  bucketMs: number;
  buckets: number;
};

/**
 * How many occurrences many schedules have together, bucket by bucket. Equal schedules are worked out once and counted many times, so a million
 * jobs cost little more than the few thousand different schedules among them.
 *
 * @param schedules `hashSeed` is what `H` is spread by; only expressions with an `H` need it
 * @throws ScheduleError for the first schedule that cannot be read
 */
export function forecastLoad(
  schedules: Iterable<{ spec: ScheduleSpec; hashSeed?: string }>,
  { fromMs, bucketMs, buckets }: ForecastInput,
): Float64Array {
  const load = new Float64Array(buckets);
  const toMs = fromMs + bucketMs * buckets - 1;
  for (const { spec, hashSeed, times } of groupEqual(schedules)) {
    const schedule = parseSchedule(spec, hashSeed === undefined ? {} : { hashSeed });
    for (let at = schedule.next(fromMs - 1); at !== null && at <= toMs; at = schedule.next(at)) {
      const bucket = Math.floor((at - fromMs) / bucketMs);
      load[bucket] = (load[bucket] as number) + times;
    }
  }
  return load;
}

type Group = { spec: ScheduleSpec; hashSeed: string | undefined; times: number };

function groupEqual(schedules: Iterable<{ spec: ScheduleSpec; hashSeed?: string }>): Iterable<Group> {
  const groups = new Map<string, Group>();
  for (const { spec, hashSeed } of schedules) {
    const seed = /(?:^|[\s,])H/i.test(spec.cron ?? "") ? hashSeed : undefined;
    const key = JSON.stringify([spec, seed]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { spec, hashSeed: seed, times: 1 });
    else group.times++;
  }
  return groups.values();
}
