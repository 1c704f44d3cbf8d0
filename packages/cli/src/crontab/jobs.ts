import { createHash } from "node:crypto";
import type { UpsertJobBody } from "@punctual/contract";
import type { CrontabEntry } from "./parse.ts";

/** A job that a line of a crontab stands for. */
export type CrontabJob = { line: number; name: string; body: UpsertJobBody };

export type CrontabJobOptions = {
  targetUrl: string;
  namePrefix: string;
  /** The crontab's name without its folder: the same file imported from elsewhere is the same crontab. */
  file: string;
};

const slugChars = 40;

/**
 * The jobs of a crontab, each named by what it does: who runs which command with which input. The times are not part of the name, so that a line whose times
 * change updates its job instead of leaving the old one firing beside the new. A command that occurs again is numbered.
 *
 * Nothing that changes by itself (line numbers, the time of the import, folders) is in a job, so importing the same file again changes nothing.
 */
export function jobsOfCrontab(entries: readonly CrontabEntry[], options: CrontabJobOptions): CrontabJob[] {
  const seen = new Map<string, number>();
  return entries.map((entry) => {
    const base = `${options.namePrefix}${slugOf(entry.command)}${hashOf(entry)}`;
    const count = (seen.get(base) ?? 0) + 1;
    seen.set(base, count);
    return { line: entry.line, name: count === 1 ? base : `${base}-${count}`, body: bodyOf(entry, options) };
  });
}

function bodyOf(entry: CrontabEntry, options: CrontabJobOptions): UpsertJobBody {
  return {
    cron: entry.cron,
    timezone: entry.timezone,
    target: { type: "http", url: options.targetUrl },
    payload: {
      command: entry.command,
      environment: entry.environment,
      ...(entry.stdin === null ? {} : { stdin: entry.stdin }),
      ...(entry.user === null ? {} : { user: entry.user }),
      source: { file: options.file },
    },
    labels: { crontab: options.file },
  };
}

/** The command's words without folders, for people: `/usr/sbin/logrotate /etc/logrotate.conf` is `logrotate-logrotate.conf-`. */
function slugOf(command: string): string {
  const words = command.split(/\s+/u).map((word) => word.replace(/^.*\//u, ""));
  const slug = words
    .join("-")
    .toLowerCase()
    .replace(/[^a-z0-9._]+/gu, "-")
    .slice(0, slugChars)
    .replace(/^[-.]+|[-.]+$/gu, "");
  return slug === "" ? "" : `${slug}-`;
}

function hashOf({ user, command, stdin }: CrontabEntry): string {
  return createHash("sha256")
    .update(JSON.stringify([user, command, stdin]))
    .digest("hex")
    .slice(0, 8);
}
