import { createHash } from "node:crypto";
import type { CrontabEntry } from "./parse.ts";

const slugChars = 40;

/**
 * The name of a line's command in an agent's allow-list: made of all that the command is, so that a name never comes to mean another command. The times are no
 * part of it.
 */
export function commandId({ user, command, stdin, environment }: CrontabEntry): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([user, command, stdin, environment]))
    .digest("hex");
  return `cron-${slugOf(command)}${hash.slice(0, 16)}`;
}

/** The command's words without folders, for people: `/usr/sbin/logrotate /etc/logrotate.conf` is `logrotate-logrotate.conf-`. */
export function slugOf(command: string): string {
  const words = command.split(/\s+/u).map((word) => word.replace(/^.*\//u, ""));
  const slug = words
    .join("-")
    .toLowerCase()
    .replace(/[^a-z0-9._]+/gu, "-")
    .slice(0, slugChars)
    .replace(/^[-.]+|[-.]+$/gu, "");
  return slug === "" ? "" : `${slug}-`;
}
