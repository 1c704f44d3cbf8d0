import { basename, dirname, resolve } from "node:path";

/** Whether cron would read the file with a user column: /etc/crontab and what lies in /etc/cron.d. */
export function isSystemCrontab(path: string, cwd: string): boolean {
  const full = resolve(cwd, path);
  return full === "/etc/crontab" || dirname(full) === "/etc/cron.d";
}

/** What a crontab is called in names and labels: its file's name, or `crontab` when it came from standard input. */
export function crontabName(path: string): string {
  return path === "-" ? "crontab" : basename(path);
}
