import type { Job, UpdateJobBody } from "@punctual/contract";
import { diffSchedules } from "@punctual/schedule";
import { readLocally } from "./local-schedule.ts";
import type { ScheduleChange } from "./output/schedule-diff.ts";
import { namesKind, type ScheduleFields, scheduleOf } from "./schedule-fields.ts";

/** As many as a person compares at a glance. */
const compared = 10;

/**
 * What an edit would do to the next occurrences of a job, computed here. Only the schedule is looked at: the other fields are the server's to judge, and it
 * does so only for an update that is meant.
 *
 * @throws ScheduleError for a schedule that cannot be read
 */
export function scheduleChange(job: Job, changes: UpdateJobBody, nowMs: number): ScheduleChange {
  const seed = job.jobId;
  const before = readLocally({ fields: scheduleOf(job), seed, nowMs }).schedule;
  const after = readLocally({ fields: changedSchedule(job, changes), seed, nowMs }).schedule;
  const { kept, lost, added } = diffSchedules(before, after, nowMs, compared);
  const iso = (instants: readonly number[]): string[] => instants.map((ms) => new Date(ms).toISOString());
  return { kept: iso(kept), lost: iso(lost), added: iso(added) };
}

/** As the server does it: naming a kind replaces the whole schedule, and an interval that stays the same keeps the anchor it was given at creation. */
function changedSchedule(job: Job, changes: UpdateJobBody): ScheduleFields {
  if (!namesKind(changes)) return scheduleOf({ ...job, ...changes });
  const schedule = scheduleOf(changes);
  const stays = schedule.every === undefined ? schedule.rrule !== undefined && schedule.rrule === job.rrule : schedule.every === job.every;
  const keepsAnchor = stays && schedule.anchor === undefined;
  return keepsAnchor && job.anchor !== undefined ? { ...schedule, anchor: job.anchor } : schedule;
}
