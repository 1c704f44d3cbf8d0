import type { AllowedCommand, AllowList } from "../agent/allow-list.ts";
import { commandId } from "./command-id.ts";
import type { CrontabEntry } from "./parse.ts";

/**
 * The allow-list of a crontab, each command as cron would run it: by the SHELL set above it (or sh), with the variables set above it, as the user of its line.
 *
 * @param crontab where the crontab lies, so that a list can hold those of several
 */
export function allowedCommands(entries: readonly CrontabEntry[], crontab: string): AllowList {
  return new Map(entries.map((entry) => [commandId(entry), allowed(entry, crontab)]));
}

function allowed({ command, environment, stdin, user }: CrontabEntry, crontab: string): AllowedCommand {
  return {
    command,
    ...(Object.keys(environment).length === 0 ? {} : { env: environment }),
    ...(stdin === null ? {} : { stdin }),
    ...(user === null ? {} : { user }),
    crontab,
  };
}
