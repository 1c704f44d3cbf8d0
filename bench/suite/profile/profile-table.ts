import { markdownTable } from "../markdown.ts";
import type { Profile } from "./profile.ts";

/** Rarer than this is left out: it limits nothing. */
const leastShare = 0.005;
const number = (value: number, digits = 1): string => value.toLocaleString("en-US", { maximumFractionDigits: digits });
const percent = (share: number): string => `${number(share * 100)} %`;

/** What backends at work were at, and the statements that took the most time: a run each, and as a share. */
export function profileTables({ waits, statements }: Pick<Profile, "waits" | "statements">, runs: number): string {
  const active = waits.samples === 0 ? 0 : waits.backends / waits.samples;
  const events = waits.events.filter(({ seen }) => seen / waits.backends >= leastShare);
  const waitRows = events.map(({ event, seen }) => [event, percent(seen / waits.backends), number(seen / waits.samples, 2)]);
  const perRun = (value: number, digits: number): string => (runs === 0 ? "" : number(value / runs, digits));
  const statementRows = statements.top
    .filter(({ ms }) => ms / statements.ms >= leastShare)
    .map(({ statement, calls, ms, rows, walBytes }) => [
      statement,
      percent(ms / statements.ms),
      perRun(ms * 1_000, 1),
      perRun(calls, 4),
      perRun(rows, 2),
      perRun(walBytes, 0),
    ]);
  return [
    `${number(waits.samples, 0)} samples of the database, ${number(active, 2)} backends at work on average:`,
    markdownTable(["backends at work are at", "of them", "backends"], waitRows),
    "Statements by their time in the database, planning included:",
    markdownTable(["statement", "of all time", "us a run", "calls a run", "rows back a run", "log bytes a run"], statementRows),
  ].join("\n\n");
}
