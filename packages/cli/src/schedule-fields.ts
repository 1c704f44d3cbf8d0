import type { ScheduleBody } from "@punctual/contract";

/** Every field of a schedule; a field that the contract gains is missing here until the compiler has been told. */
const fields: { readonly [K in keyof Required<ScheduleBody>]: true } = {
  cron: true,
  every: true,
  runAt: true,
  delay: true,
  anyOf: true,
  timezone: true,
  anchor: true,
  startAt: true,
  endAt: true,
  dst: true,
  exclude: true,
  dialect: true,
  spread: true,
  jitter: true,
  after: true,
};

/** The fields that say the kind. An update that names one of them replaces the whole schedule. */
const kinds = ["cron", "every", "runAt", "delay", "anyOf"] as const satisfies readonly (keyof ScheduleBody)[];

export function isScheduleField(name: string): name is keyof ScheduleBody {
  return Object.hasOwn(fields, name);
}

export function namesKind(body: { readonly [K in keyof ScheduleBody]?: unknown }): boolean {
  return kinds.some((kind) => body[kind] !== undefined && body[kind] !== null);
}

/** The part of a job that says when it fires. */
export function scheduleOf(job: { readonly [K in keyof ScheduleBody]?: unknown }): ScheduleBody {
  return Object.fromEntries(Object.entries(job).filter(([name, value]) => isScheduleField(name) && value !== undefined && value !== null));
}
