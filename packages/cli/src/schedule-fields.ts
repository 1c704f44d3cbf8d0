import type { ScheduleBody } from "@punctual/contract";
import type { ScheduleSpec } from "@punctual/schedule";

/** When a job fires, as the API takes it and the parser reads it. What only the parser knows can be asked here; for a job the server refuses it by name. */
export type ScheduleFields = ScheduleBody & Omit<ScheduleSpec, keyof ScheduleBody>;

/** Every field of a schedule; one that the contract or the parser gains is missing here until the compiler has been told. */
const fields: { readonly [K in keyof Required<ScheduleFields>]: true } = {
  cron: true,
  every: true,
  runAt: true,
  delay: true,
  rrule: true,
  anyOf: true,
  timezone: true,
  anchor: true,
  startAt: true,
  endAt: true,
  dst: true,
  exclude: true,
  roll: true,
  businessDays: true,
  dialect: true,
  spread: true,
  jitter: true,
  after: true,
};

/** The fields that say the kind. An update that names one of them replaces the whole schedule. */
const kinds = ["cron", "every", "runAt", "delay", "rrule", "anyOf"] as const satisfies readonly (keyof ScheduleFields)[];

export function isScheduleField(name: string): name is keyof ScheduleFields {
  return Object.hasOwn(fields, name);
}

export function namesKind(body: { readonly [K in keyof ScheduleFields]?: unknown }): boolean {
  return kinds.some((kind) => body[kind] !== undefined && body[kind] !== null);
}

/** The part of a job that says when it fires. */
export function scheduleOf(job: { readonly [K in keyof ScheduleFields]?: unknown }): ScheduleFields {
  return Object.fromEntries(Object.entries(job).filter(([name, value]) => isScheduleField(name) && value !== undefined && value !== null));
}
