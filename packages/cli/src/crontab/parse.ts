import { parseSchedule, ScheduleError } from "@punctual/schedule";
import { type Assignment, parseAssignment } from "./assignment.ts";
import { splitCommand } from "./command.ts";

/** A line of a crontab that says when to run what. */
export type CrontabEntry = {
  /** Counted from 1. */
  line: number;
  cron: string;
  /** The zone its times are in: CRON_TZ, or the zone given to the parser. */
  timezone: string;
  /** The user column of a system crontab; null in a user's own. */
  user: string | null;
  command: string;
  stdin: string | null;
  /** The variables set above it in the file. What cron itself adds (HOME, LOGNAME, SHELL, ...) depends on the machine and is not among them. */
  environment: { readonly [name: string]: string };
};

/** A line that cannot become a job. */
export type RefusedLine = { line: number; text: string; reason: string };

/** Something true of a line that its author may not expect. */
export type CrontabNote = { line: number; text: string };

export type Crontab = { entries: CrontabEntry[]; refused: RefusedLine[]; notes: CrontabNote[] };

export type CrontabOptions = {
  /** Whether lines have a user column, as in /etc/crontab and /etc/cron.d. */
  system: boolean;
  /** The zone of the times above any CRON_TZ. Cron takes that of its machine. */
  timezone: string;
};

const reboot = "@reboot fires when a machine starts, which is no time; start the job from the machine's own start-up instead";

/** Reads a crontab, line by line. Never throws: a line that cannot be understood is refused with its number and the reason. */
export function parseCrontab(text: string, options: CrontabOptions): Crontab {
  const crontab: Crontab = { entries: [], refused: [], notes: [] };
  const environment = new Map<string, string>();
  for (const [index, raw] of text.split(/\r?\n/u).entries()) {
    const line = index + 1;
    const trimmed = raw.trimStart();
    if (trimmed === "" || trimmed.startsWith("#")) continue;

    const assignment = parseAssignment(raw);
    if (assignment !== undefined) {
      environment.set(assignment.name, assignment.value);
      const note = noteOn(assignment);
      if (note !== undefined) crontab.notes.push({ line, text: note });
      continue;
    }
    const entry = parseEntry(trimmed, options, environment);
    if (typeof entry === "string") crontab.refused.push({ line, text: raw.trim(), reason: entry });
    else crontab.entries.push({ line, ...entry });
  }
  return crontab;
}

/** What cron does with a variable itself, and we do not. */
function noteOn({ name, value }: Assignment): string | undefined {
  if (name === "TZ") return "TZ reaches the command, not the times; CRON_TZ moves the times";
  return name === "MAILTO" && value !== ""
    ? "MAILTO reaches the command, but no mail is sent: what comes back is kept with the run"
    : undefined;
}

/** The entry, or the reason why the line is none. */
function parseEntry(text: string, options: CrontabOptions, environment: ReadonlyMap<string, string>): Omit<CrontabEntry, "line"> | string {
  // A minus in front of the times keeps the command out of the system's log (cronie, SUSE); runs of ours are recorded anyway.
  const timed = /^-?(@\S+|(?:\S+\s+){4}\S+)(?:\s+(.*))?$/su.exec(text);
  if (timed === null) return "neither a variable nor five time fields and a command";
  const cron = (timed[1] as string).replace(/\s+/gu, " ");
  if (cron.toLowerCase() === "@reboot") return reboot;

  const rest = timed[2] ?? "";
  const [, user, afterUser] = options.system ? (/^(\S+)(?:\s+(.*))?$/su.exec(rest) ?? []) : [];
  const { command, stdin } = splitCommand((options.system ? (afterUser ?? "") : rest).trimEnd());
  if (command.trim() === "") return options.system ? "no command after the user" : "no command after the times";

  const timezone = environment.get("CRON_TZ") ?? options.timezone;
  const fault = scheduleFault(cron, timezone);
  return fault ?? { cron, timezone, user: user ?? null, command, stdin, environment: Object.fromEntries(environment) };
}

function scheduleFault(cron: string, timezone: string): string | undefined {
  try {
    parseSchedule({ cron, timezone });
    return undefined;
  } catch (error) {
    if (error instanceof ScheduleError) return error.message;
    throw error;
  }
}
