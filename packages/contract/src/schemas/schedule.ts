import { Type } from "typebox";
import { limits } from "../limits.ts";
import { Duration, Instant, Nullable } from "./common.ts";

const Text = (description: string, options: { maxLength?: number; examples?: string[] } = {}) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 64, description, ...options }));

const DstPolicy = Type.Object(
  {
    gap: Type.Optional(
      Type.Enum(["run_after", "shift", "skip"], {
        description:
          "A local time that the clock skips: run at the first instant after the gap (default), as long after it as it lay inside, or not at all",
      }),
    ),
    overlap: Type.Optional(
      Type.Enum(["first", "second", "both"], { description: "A local time that comes twice: the first (default), the second, or both" }),
    ),
  },
  { title: "DstPolicy", additionalProperties: false },
);

const TimeExclusion = Type.Union(
  [
    Type.Object({ date: Type.String({ maxLength: 10, examples: ["2027-12-25", "12-25"] }) }, { additionalProperties: false }),
    Type.Object({ from: Type.String({ maxLength: 10 }), to: Type.String({ maxLength: 10 }) }, { additionalProperties: false }),
    Type.Object(
      {
        weekly: Type.String({ maxLength: 64, examples: ["MON-FRI"] }),
        between: Type.Optional(Type.String({ maxLength: 32, examples: ["22:00-06:00"] })),
      },
      { additionalProperties: false },
    ),
    Type.Object({ cron: Type.String({ maxLength: 1024 }) }, { additionalProperties: false }),
    Type.Object(
      { ics: Type.String({ maxLength: 262_144, description: "Text of an iCalendar file whose events are whole days: holidays" }) },
      { additionalProperties: false },
    ),
  ],
  {
    title: "TimeExclusion",
    description:
      "Local time in which nothing fires: a day (of one year or every year), days, weekly hours, the times of a cron pattern, or the holidays of an iCalendar file",
  },
);

/** What says the kind, and what shapes it but for exclusions; the same in a job, in a preview, in each member of anyOf and in an excluded schedule. */
const plainFields = {
  cron: Text("Cron pattern of 5, 6 (seconds first) or 7 (years last) fields, or a nickname", {
    maxLength: 1024,
    examples: ["*/5 * * * *"],
  }),
  every: Text("Interval, at least 1s. Hours and shorter are elapsed time, days and longer keep their local time", {
    examples: ["90s", "1 day"],
  }),
  runAt: Text("One time; in the past means at once. Without an offset it is local to timezone", { examples: ["2027-03-01T09:00:00Z"] }),
  rrule: Text("Recurrence set of RFC 5545: lines of DTSTART, RRULE, RDATE and EXDATE, or a bare rule, which begins at anchor or startAt", {
    maxLength: 65_536,
    examples: ["FREQ=WEEKLY;BYDAY=MO,WE", "DTSTART;TZID=Europe/Berlin:20270301T090000\nRRULE:FREQ=MONTHLY;BYDAY=-1FR"],
  }),
  timezone: Text("IANA zone whose clocks count. Default UTC", { examples: ["Europe/Berlin"] }),
  anchor: Text("Where `every` counts from and a bare `rrule` begins. Default: the moment of creation"),
  startAt: Text("No occurrence before this time"),
  endAt: Text("No occurrence after this time"),
  dst: Type.Optional(DstPolicy),
  roll: Type.Optional(
    Type.Enum(["following", "preceding", "modified_following"], {
      description:
        "Moves occurrences on excluded whole days to the next day that is not excluded, the last one before, or the next one within the month. Default: left out",
    }),
  ),
  businessDays: Type.Optional(
    Type.Array(Type.Integer({ minimum: -31, maximum: 31 }), {
      minItems: 1,
      maxItems: 62,
      description: "Only on these days of the month that are not excluded: 1 is the first, -1 the last",
      examples: [[1, -1]],
    }),
  ),
  dialect: Type.Optional(
    Type.Enum(["punctual", "quartz", "spring"], { default: "punctual", description: "Whose rules the cron pattern follows" }),
  ),
};

const ExcludedSchedule = Type.Object(
  { ...plainFields, exclude: Type.Optional(Type.Array(TimeExclusion, { maxItems: limits.exclusions })) },
  {
    title: "ExcludedSchedule",
    description: "A schedule whose occurrences are left out, to the instant; without a timezone in that of the schedule it is taken from",
    additionalProperties: false,
  },
);

const Exclusion = Type.Union([TimeExclusion, Type.Object({ schedule: ExcludedSchedule }, { additionalProperties: false })], {
  title: "Exclusion",
  description: "What is left out: local time, or the occurrences of another schedule",
});

const ruleFields = { ...plainFields, exclude: Type.Optional(Type.Array(Exclusion, { maxItems: limits.exclusions })) };

/**
 * The schedule's fields as they stand in a job. Their inner grammar is the schedule package's to judge: a schema can only say "string", the parser says
 * which column is wrong.
 */
export const scheduleFields = {
  ...ruleFields,
  delay: Text("One time, this long after the request", { examples: ["15m"] }),
  anyOf: Type.Optional(
    Type.Array(Type.Object(ruleFields, { title: "ScheduleRule", additionalProperties: false }), {
      minItems: 1,
      maxItems: limits.scheduleMembers,
      description: "Several schedules: fires whenever one of them does",
    }),
  ),
  spread: Text("Starts every occurrence later by an offset up to this long, the same for each of this job's", { examples: ["5m"] }),
  jitter: Text("Starts every occurrence later by an offset up to this long, another for each", { examples: ["30s"] }),
  after: Type.Optional(
    Type.Enum(["start", "completion"], {
      default: "start",
      description:
        "Where `every` counts from: the occurrence before (start), or the end of its run (completion), so that runs never overlap",
    }),
  ),
};

export const PreviewRequest = Type.Object(
  {
    ...scheduleFields,
    seed: Text("What `H`, spread and jitter are derived from; for a job its id. Default: empty"),
    from: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: "List occurrences after this time. Default: now" })),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.previewOccurrences, default: 10 })),
  },
  { title: "PreviewRequest", additionalProperties: false },
);

export const PreviewOccurrence = Type.Object(
  {
    nominalAt: Instant,
    effectiveAt: Type.String({ ...Instant, description: "When it would start, with spread and jitter" }),
    localTime: Type.String({
      description: "The same instant on the clocks of the schedule's zone",
      examples: ["2027-03-01T10:00:00+01:00"],
    }),
  },
  { title: "PreviewOccurrence", additionalProperties: false },
);

export const Preview = Type.Object(
  {
    description: Type.String({ description: "The schedule in plain words" }),
    timezone: Type.String(),
    tzVersion: Type.String({
      description:
        "Stands for the rules of time that the answer was worked out with: where two machines give the same, they agree on the time",
      examples: ["b74c0ba6"],
    }),
    occurrences: Type.Array(PreviewOccurrence),
    /** Null when the schedule ends within the list. */
    nextFrom: Nullable(Instant),
  },
  { title: "Preview", additionalProperties: false },
);

export const ExplainRequest = Type.Object(
  {
    ...scheduleFields,
    seed: PreviewRequest.properties.seed,
    at: Type.String({ minLength: 1, maxLength: 64, description: "The time to explain" }),
  },
  { title: "ExplainRequest", additionalProperties: false },
);

export const Explanation = Type.Object(
  {
    at: Instant,
    localTime: Type.String(),
    fires: Type.Boolean(),
    reasons: Type.Array(
      Type.Object(
        { part: Type.String({ description: "The field or policy that was looked at" }), holds: Type.Boolean(), text: Type.String() },
        { title: "ExplanationReason", additionalProperties: false },
      ),
    ),
    previous: Nullable(Instant),
    next: Nullable(Instant),
  },
  { title: "Explanation", additionalProperties: false },
);

export const LintRequest = Type.Object(
  { ...scheduleFields, seed: PreviewRequest.properties.seed },
  { title: "LintRequest", additionalProperties: false },
);

export const LintResult = Type.Object(
  {
    description: Type.String({ description: "The schedule in plain words" }),
    findings: Type.Array(
      Type.Object(
        { rule: Type.String(), field: Type.String(), message: Type.String(), suggestion: Type.String() },
        { title: "LintFinding", additionalProperties: false },
      ),
      { description: "Empty when nothing is likely to surprise" },
    ),
  },
  { title: "LintResult", additionalProperties: false },
);

export const MisfirePolicy = Type.Object(
  {
    window: Type.Optional(Type.String({ ...Duration, description: "Missed occurrences not older than this all run. Default 10m" })),
    policy: Type.Optional(
      Type.Enum(["latest", "all", "skip"], {
        description: "What runs of the older ones: the latest, all of them, or none. Default latest",
      }),
    ),
  },
  { title: "MisfirePolicy", additionalProperties: false },
);
