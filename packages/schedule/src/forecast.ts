import { parseSchedule } from "./parse-schedule.ts";
import type { Schedule } from "./schedule.ts";
import type { ScheduleSpec } from "./spec.ts";
import { effectiveTime } from "./spread.ts";

export type ForecastInput = {
  /** First instant of the forecast. */
  fromMs: number;
  /** Length of a bucket, e.g. 60000 for occurrences a minute. */
  bucketMs: number;
  buckets: number;
};

export type ForecastSchedule = {
  spec: ScheduleSpec;
  /** What `H`, spread and jitter are derived from; only schedules that have one of them need it, and are worked out one by one. */
  hashSeed?: string;
  spreadMs?: number;
  jitterMs?: number;
  /** The most occurrences there will be, counted from an instant. Default: no end. */
  left?: { count: number; fromMs: number };
};

/** The load of many schedules, added up bit by bit. */
export type Forecast = {
  add(schedule: ForecastSchedule): void;
  /** How many different schedules wait to be counted. */
  waiting(): number;
  /** Counts what was added; stops after every few thousand occurrences, so that a server can do something else in between. */
  count(): Generator<void, void>;
  /** What has been counted, bucket by bucket. */
  load(): Float64Array;
};

/** Some 2 ms of work. */
const stepOccurrences = 10_000;

/**
 * How many occurrences many schedules have together, bucket by bucket, each when it would really start. Equal schedules are worked out once and counted
 * many times, so a million jobs cost little more than the few thousand different schedules among them.
 *
 * @throws ScheduleError for the first schedule that cannot be read
 */
export function forecastLoad(schedules: Iterable<ForecastSchedule>, input: ForecastInput): Float64Array {
  const forecast = createForecast(input);
  for (const schedule of schedules) forecast.add(schedule);
  const steps = forecast.count();
  while (steps.next().done !== true);
  return forecast.load();
}

/** As {@link forecastLoad}, for whoever has to read the schedules in pages and may not be busy for long. `count` throws what cannot be read. */
export function createForecast(input: ForecastInput): Forecast {
  const load = new Float64Array(input.buckets);
  let groups = new Map<string, { schedule: ForecastSchedule; times: number }>();
  const { fromMs, bucketMs } = input;
  const endMs = fromMs + bucketMs * input.buckets;

  function* countGroup(given: ForecastSchedule, times: number): Generator<void, number> {
    const schedule = parseSchedule(given.spec, given.hashSeed === undefined ? {} : { hashSeed: given.hashSeed });
    const put = (atMs: number, count: number): void => {
      const bucket = Math.floor((atMs - fromMs) / bucketMs);
      if (atMs >= fromMs && bucket < load.length) load[bucket] = (load[bucket] as number) + count * times;
    };
    if (schedule.countBetween !== undefined && isPlain(given)) {
      for (let at = fromMs; at < endMs; at += bucketMs) put(at, schedule.countBetween(at, at + bucketMs - 1));
      return load.length;
    }
    let [seen, left] = [0, given.left?.count ?? Number.POSITIVE_INFINITY];
    for (let at = schedule.next(firstLook(given, fromMs) - 1); at !== null && at < endMs && left > 0; at = schedule.next(at)) {
      left--;
      put(startOf(schedule, given, at), 1);
      if (++seen % stepOccurrences === 0) yield;
    }
    return seen;
  }

  return {
    add(schedule) {
      const needsSeed = hasHash(schedule.spec) || windowOf(schedule) > 0;
      const plain = needsSeed ? schedule : { ...schedule, hashSeed: undefined };
      const key = JSON.stringify(plain);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { schedule, times: 1 });
      else group.times++;
    },
    waiting: () => groups.size,
    *count() {
      const counted = groups;
      groups = new Map();
      let seen = 0;
      for (const { schedule, times } of counted.values()) {
        seen += 100 + (yield* countGroup(schedule, times)); // reading one costs as much as a hundred occurrences
        if (seen < stepOccurrences) continue;
        seen = 0;
        yield;
      }
    },
    load: () => load.slice(),
  };
}

function isPlain(schedule: ForecastSchedule): boolean {
  return schedule.left === undefined && windowOf(schedule) === 0;
}

function windowOf({ spreadMs = 0, jitterMs = 0 }: ForecastSchedule): number {
  return spreadMs + jitterMs;
}

/** Spread moves occurrences from before the forecast into it, and an end is counted from where it was told. */
function firstLook(schedule: ForecastSchedule, fromMs: number): number {
  return Math.min(fromMs - windowOf(schedule), schedule.left?.fromMs ?? fromMs);
}

function startOf(schedule: Schedule, { hashSeed = "", spreadMs = 0, jitterMs = 0 }: ForecastSchedule, nominalMs: number): number {
  return effectiveTime(schedule, nominalMs, { seed: hashSeed, spreadMs, jitterMs });
}

/** Whether an `H` stands in one of its expressions. */
function hasHash(spec: ScheduleSpec): boolean {
  const isHashed = (cron: string | undefined): boolean => /(?:^|[\s,])H(?![A-Z])/i.test(cron ?? "");
  const inner = (spec.exclude ?? []).some((exclusion) => "schedule" in exclusion && hasHash(exclusion.schedule));
  return isHashed(spec.cron) || inner || (spec.anyOf ?? []).some(hasHash);
}
