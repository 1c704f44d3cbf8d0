import type { CreateJobBody, HttpTarget } from "@punctual/contract";
import { type Command, Option } from "commander";
import { collect, given, pairs, readJson, readObject, wholeNumber } from "./input.ts";
import type { Io } from "./io.ts";
import { type RetryFlags, retryFromFlags, withRetryFlags } from "./retry-flags.ts";
import { type ScheduleFlags, scheduleFromFlags, withScheduleFlags } from "./schedule-flags.ts";

/** The flags that describe a job, as commander hands them over. */
export type JobFlags = ScheduleFlags &
  RetryFlags & {
    file?: string;
    name?: string;
    cron?: string;
    delay?: string;
    after?: "start" | "completion";
    url?: string;
    method?: HttpTarget["method"];
    header?: readonly string[];
    signing?: HttpTarget["signing"];
    completion?: HttpTarget["completion"];
    payload?: string;
    label?: readonly string[];
    timeout?: string;
    misfireWindow?: string;
    misfirePolicy?: "latest" | "all" | "skip";
    maxRuns?: number;
    priority?: number;
    overlap?: CreateJobBody["overlap"];
    startTimeout?: string;
    pauseAfterDeadRuns?: number;
    queue?: string;
    concurrencyKey?: string;
  };

export function withJobFlags(command: Command): Command {
  command
    .option("--name <name>", "name, unique within the tenant")
    .option("--cron <pattern>", 'cron pattern, such as "*/5 * * * *"')
    .option("--delay <duration>", "one time, this long from now");
  withScheduleFlags(command)
    .addOption(
      new Option("--after <what>", "where --every counts from: the occurrence before, or the end of its run (default: start)").choices([
        "start",
        "completion",
      ]),
    )
    .option("--max-runs <count>", "end after this many occurrences", wholeNumber)
    .option("--url <url>", "address to call")
    .addOption(new Option("--method <method>", "HTTP method (default: POST)").choices(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]))
    .option("--header <header>", 'header to send, such as "X-Team: billing"; repeat it for more', collect)
    .addOption(
      new Option("--signing <secret>", "sign with the tenant's secret or with one of the job's own (default: tenant)").choices([
        "tenant",
        "own",
      ]),
    )
    .addOption(
      new Option("--completion <how>", "by its answer, or by a later call of a receiver that answers 202 (default: answer)").choices([
        "answer",
        "callback",
      ]),
    )
    .option("--payload <json>", "body to send: JSON, @file or - for standard input")
    .option("--label <key=value>", "label to find the job by; repeat it for more", collect);
  return withRetryFlags(command)
    .option("--timeout <duration>", "for one attempt (default: 30s; 1h with --completion callback, or of a worker)")
    .option("--misfire-window <duration>", "missed occurrences not older than this all run (default: 10m)")
    .addOption(new Option("--misfire-policy <policy>", "what runs of the older ones (default: latest)").choices(["latest", "all", "skip"]))
    .option("--priority <0-9>", "higher starts first among runs that wait (default: 4)", wholeNumber)
    .addOption(
      new Option("--overlap <policy>", "what an occurrence does while an earlier run is live (default: allow)").choices([
        "allow",
        "skip",
        "queue",
        "cancel_previous",
      ]),
    )
    .option("--start-timeout <duration>", "skip a run that has not begun this long after its time (default: never)")
    .option("--pause-after-dead-runs <count>", "pause the job after this many dead runs in a row (default: never)", wholeNumber)
    .option("--queue <name>", "queue its runs go through; created when there is none")
    .option("--concurrency-key <text>", "what shares the queue's limit for a key, such as a customer's id")
    .option("--file <file>", "read the job from a JSON file, or - for standard input; other flags replace its fields");
}

/** The part of a job that the flags and the file give. The server judges what it means; here only what cannot be written as JSON is refused. */
export async function jobFromFlags(io: Io, flags: JobFlags): Promise<Partial<CreateJobBody>> {
  const file: Partial<CreateJobBody> = flags.file === undefined ? {} : await readObject(io, flags.file, "a job");
  const { name, cron, delay, after, maxRuns, timeout, priority, overlap, startTimeout, pauseAfterDeadRuns, queue, concurrencyKey } = flags;
  const schedule = await scheduleFromFlags(io, flags);
  const target = targetOf(flags);
  return {
    ...file,
    ...schedule,
    ...(schedule.dst === undefined ? {} : { dst: { ...file.dst, ...schedule.dst } }),
    ...given({
      ...{ name, cron, delay, after, maxRuns, timeout, priority, overlap, startTimeout, pauseAfterDeadRuns, queue, concurrencyKey },
      target: target === undefined ? undefined : ({ type: "http", ...file.target, ...target } as HttpTarget),
      payload: flags.payload === undefined ? undefined : await readJson(io, "--payload", flags.payload),
      labels: flags.label === undefined ? undefined : { ...file.labels, ...pairs("--label", "=", flags.label) },
      retry: retryFromFlags(flags, file.retry),
      misfire: misfireOf(flags, file),
    }),
  };
}

function targetOf({ url, method, header, signing, completion }: JobFlags): Partial<HttpTarget> | undefined {
  const target = given({ url, method, signing, completion, headers: header === undefined ? undefined : pairs("--header", ":", header) });
  return Object.keys(target).length === 0 ? undefined : target;
}

function misfireOf({ misfireWindow, misfirePolicy }: JobFlags, file: Partial<CreateJobBody>): CreateJobBody["misfire"] {
  if (misfireWindow === undefined && misfirePolicy === undefined) return undefined;
  return { ...file.misfire, ...given({ window: misfireWindow, policy: misfirePolicy }) };
}
