import type { CreateJobBody, HttpTarget } from "@punctual/contract";
import { type Command, Option } from "commander";
import { CliError } from "./cli-error.ts";
import { collect, pairs, readJson, readText, wholeNumber } from "./input.ts";
import type { Io } from "./io.ts";

/** The flags that describe a job, as commander hands them over. */
export type JobFlags = {
  file?: string;
  name?: string;
  cron?: string;
  every?: string;
  runAt?: string;
  delay?: string;
  timezone?: string;
  startAt?: string;
  endAt?: string;
  url?: string;
  method?: HttpTarget["method"];
  header?: readonly string[];
  signing?: HttpTarget["signing"];
  payload?: string;
  label?: readonly string[];
  retryAttempts?: number;
  timeout?: string;
  misfireWindow?: string;
  misfirePolicy?: "latest" | "all" | "skip";
  maxRuns?: number;
  priority?: number;
};

export function withJobFlags(command: Command): Command {
  return command
    .option("--name <name>", "name, unique within the tenant")
    .option("--cron <pattern>", 'cron pattern, such as "*/5 * * * *"')
    .option("--every <duration>", "interval, such as 90s or 1h30m")
    .option("--run-at <time>", "one time, such as 2027-03-01T09:00:00Z")
    .option("--delay <duration>", "one time, this long from now")
    .option("--timezone <zone>", "IANA zone of the pattern, such as Europe/Berlin (default: UTC)")
    .option("--start-at <time>", "no occurrence before this time")
    .option("--end-at <time>", "no occurrence after this time")
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
    .option("--payload <json>", "body to send: JSON, @file or - for standard input")
    .option("--label <key=value>", "label to find the job by; repeat it for more", collect)
    .option("--retry-attempts <count>", "tries in all; 1 never retries (default: 6)", wholeNumber)
    .option("--timeout <duration>", "for one attempt (default: 30s)")
    .option("--misfire-window <duration>", "missed occurrences not older than this all run (default: 10m)")
    .addOption(new Option("--misfire-policy <policy>", "what runs of the older ones (default: latest)").choices(["latest", "all", "skip"]))
    .option("--priority <0-9>", "higher starts first among runs that wait (default: 4)", wholeNumber)
    .option("--file <file>", "read the job from a JSON file, or - for standard input; other flags replace its fields");
}

/** The part of a job that the flags and the file give. The server judges what it means; here only what cannot be written as JSON is refused. */
export async function jobFromFlags(io: Io, flags: JobFlags): Promise<Partial<CreateJobBody>> {
  const file = flags.file === undefined ? {} : await readJobFile(io, flags.file);
  const { name, cron, every, runAt, delay, timezone, startAt, endAt, maxRuns, timeout, priority } = flags;
  const target = targetOf(flags);
  const given = {
    ...{ name, cron, every, runAt, delay, timezone, startAt, endAt, maxRuns, timeout, priority },
    target: target === undefined ? undefined : ({ type: "http", ...file.target, ...target } as HttpTarget),
    payload: flags.payload === undefined ? undefined : await readJson(io, "--payload", flags.payload),
    labels: flags.label === undefined ? undefined : { ...file.labels, ...pairs("--label", "=", flags.label) },
    retry: flags.retryAttempts === undefined ? undefined : { ...file.retry, attempts: flags.retryAttempts },
    misfire: misfireOf(flags, file),
  };
  return { ...file, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}

async function readJobFile(io: Io, path: string): Promise<Partial<CreateJobBody>> {
  const job = await readJson(io, `--file ${path}`, path === "-" ? "-" : await readText(io, path));
  if (typeof job !== "object" || job === null || Array.isArray(job))
    throw new CliError("usage", `--file ${path} must hold one JSON object, a job.`);
  return job;
}

function targetOf({ url, method, header, signing }: JobFlags): Partial<HttpTarget> | undefined {
  const given = {
    ...(url === undefined ? {} : { url }),
    ...(method === undefined ? {} : { method }),
    ...(signing === undefined ? {} : { signing }),
    ...(header === undefined ? {} : { headers: pairs("--header", ":", header) }),
  };
  return Object.keys(given).length === 0 ? undefined : given;
}

function misfireOf({ misfireWindow, misfirePolicy }: JobFlags, file: Partial<CreateJobBody>): CreateJobBody["misfire"] {
  if (misfireWindow === undefined && misfirePolicy === undefined) return undefined;
  return {
    ...file.misfire,
    ...(misfireWindow === undefined ? {} : { window: misfireWindow }),
    ...(misfirePolicy === undefined ? {} : { policy: misfirePolicy }),
  };
}
