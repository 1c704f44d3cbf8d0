import { createHash } from "node:crypto";
import type { UpsertJobBody } from "@punctual/contract";
import { agentQueue } from "../agent/queue.ts";
import { commandId, slugOf } from "./command-id.ts";
import type { CrontabEntry } from "./parse.ts";

/** A job that a line of a crontab stands for. */
export type CrontabJob = { line: number; name: string; body: UpsertJobBody };

/** Who carries the lines out: a service that gets them by HTTP, or an agent, which knows the commands by name. */
export type CrontabTarget = { targetUrl: string } | { agent: string; timeout: string };

export type CrontabJobOptions = {
  target: CrontabTarget;
  namePrefix: string;
  /** The crontab's name without its folder: the same file imported from elsewhere is the same crontab. */
  file: string;
};

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

function bodyOf(entry: CrontabEntry, { target, file }: CrontabJobOptions): UpsertJobBody {
  const { cron, timezone } = entry;
  if ("agent" in target) return { cron, timezone, ...agentPart(entry, target), labels: { crontab: file, agent: target.agent } };
  return {
    cron,
    timezone,
    target: { type: "http", url: target.targetUrl },
    payload: {
      command: entry.command,
      environment: entry.environment,
      ...(entry.stdin === null ? {} : { stdin: entry.stdin }),
      ...(entry.user === null ? {} : { user: entry.user }),
      source: { file },
    },
    labels: { crontab: file },
  };
}

/**
 * As cron would have it: a command that fails is not tried again, for nobody wrote it for that. One that finds no agent waits for an hour, where cron would have
 * left it out at once; without a limit an agent that comes back after a weekend would start thousands.
 */
function agentPart(entry: CrontabEntry, { agent, timeout }: { agent: string; timeout: string }) {
  return {
    target: { type: "worker" as const, queue: agentQueue(agent) },
    payload: { command: commandId(entry) },
    retry: { attempts: 1 },
    timeout,
    startTimeout: "1h",
  };
}

function hashOf({ user, command, stdin }: CrontabEntry): string {
  return createHash("sha256")
    .update(JSON.stringify([user, command, stdin]))
    .digest("hex")
    .slice(0, 8);
}
