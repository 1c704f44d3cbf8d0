import { type Command, InvalidArgumentError, Option } from "commander";
import { CliError } from "./cli-error.ts";
import { collect, given, readJson } from "./input.ts";
import type { Io } from "./io.ts";
import type { ScheduleFields } from "./schedule-fields.ts";

type Dst = NonNullable<ScheduleFields["dst"]>;
type Exclusion = NonNullable<ScheduleFields["exclude"]>[number];

/** The flags that say when a job fires, as commander hands them over. */
export type ScheduleFlags = {
  every?: string;
  runAt?: string;
  rrule?: string;
  timezone?: string;
  anchor?: string;
  startAt?: string;
  endAt?: string;
  dialect?: NonNullable<ScheduleFields["dialect"]>;
  dstGap?: NonNullable<Dst["gap"]>;
  dstOverlap?: NonNullable<Dst["overlap"]>;
  exclude?: readonly string[];
  roll?: NonNullable<ScheduleFields["roll"]>;
  businessDays?: number[];
  spread?: string;
  jitter?: string;
};

/** Adds what every verb about schedules understands, besides the pattern itself. */
export function withScheduleFlags(command: Command): Command {
  return command
    .option("--every <duration>", "interval, such as 90s, 1h30m or 1 day")
    .option("--run-at <time>", "one time, such as 2027-03-01T09:00:00Z")
    .option("--rrule <rule>", 'recurrence rule of RFC 5545, such as "FREQ=MONTHLY;BYDAY=-1FR"')
    .option("--timezone <zone>", "IANA zone whose clocks count, such as Europe/Berlin (default: UTC)")
    .option("--anchor <time>", "where --every counts from and --rrule begins (default: the job's creation; without a job, now)")
    .option("--start-at <time>", "no occurrence before this time")
    .option("--end-at <time>", "no occurrence after this time")
    .addOption(
      new Option("--dialect <dialect>", "whose rules the pattern follows (default: punctual)").choices(["punctual", "quartz", "spring"]),
    )
    .addOption(
      new Option("--dst-gap <policy>", "local times that the clock skips: right after the gap, as long after it, or not at all").choices([
        "run_after",
        "shift",
        "skip",
      ]),
    )
    .addOption(new Option("--dst-overlap <policy>", "local times that come twice: which of the two").choices(["first", "second", "both"]))
    .option(
      "--exclude <json>",
      `what is left out, such as '{"date":"12-25"}' or '{"schedule":{"cron":"0 9 1 * *"}}'; repeat it for more`,
      collect,
    )
    .addOption(
      new Option("--roll <rule>", "move what falls on an excluded day to one that is not (default: leave it out)").choices([
        "following",
        "preceding",
        "modified_following",
      ]),
    )
    .option(
      "--business-days <days>",
      "only on these days of the month that are not excluded, such as 1,-1 for the first and the last",
      dayNumbers,
    )
    .option("--spread <duration>", "start later by an offset up to this long, the same for every occurrence of a job")
    .option("--jitter <duration>", "start later by an offset up to this long, another for every occurrence");
}

/** The fields that the flags give, and no others. */
export async function scheduleFromFlags(io: Io, flags: ScheduleFlags): Promise<ScheduleFields> {
  const { every, runAt, rrule, roll, businessDays, timezone, anchor, startAt, endAt, dialect, spread, jitter } = flags;
  const exclude = flags.exclude === undefined ? undefined : await exclusionsOf(io, flags.exclude);
  return given({
    every,
    runAt,
    rrule,
    roll,
    businessDays,
    timezone,
    anchor,
    startAt,
    endAt,
    dst: dstOf(flags),
    exclude,
    dialect,
    spread,
    jitter,
  });
}

/** Parser of days counted from the first (1) or the last (-1). Which of them there are is the schedule's to judge. */
function dayNumbers(text: string): number[] {
  if (!/^-?\d+(,-?\d+)*$/.test(text)) throw new InvalidArgumentError("It must be whole numbers with commas between them, such as 1,-1.");
  return text.split(",").map(Number);
}

function dstOf({ dstGap, dstOverlap }: ScheduleFlags): Dst | undefined {
  return dstGap === undefined && dstOverlap === undefined ? undefined : given({ gap: dstGap, overlap: dstOverlap });
}

/** Each flag holds one exclusion, or an array of them, so that `--exclude @holidays.json` can hold a year's. */
async function exclusionsOf(io: Io, texts: readonly string[]): Promise<Exclusion[]> {
  const values = await Promise.all(texts.map((text) => readJson(io, "--exclude", text)));
  const exclusions = values.flat();
  for (const exclusion of exclusions) {
    if (typeof exclusion === "object" && exclusion !== null) continue;
    throw new CliError("usage", `--exclude ${JSON.stringify(exclusion)} is no exclusion.`, {
      remedy: `Write an object, such as '{"date":"12-25"}' or '{"weekly":"SAT,SUN"}'.`,
    });
  }
  return exclusions as Exclusion[];
}
