import type { Client } from "@punctual/client";
import type { DeadLetterFilter } from "@punctual/contract";
import type { Command } from "commander";
import { CliError } from "./cli-error.ts";
import { collect, given, wholeNumber } from "./input.ts";
import { jobIdOf } from "./job-reference.ts";

export type FilterOptions = Omit<DeadLetterFilter, "jobId"> & { job?: string };
export type ManyOptions = FilterOptions & { all?: true; dryRun?: true; yes?: true };

/** The filters that all verbs of dead letters share. */
export function withFilters(command: Command): Command {
  return command
    .option("--job <job>", "only those of this job, by its id or its name")
    .option("--label <key=value>", "only those of jobs with this label, or with this key; repeat it, all must match", collect)
    .option("--failure-class <class>", "only those whose last attempt failed so, such as timeout or http_status")
    .option("--status-code <code>", "only those whose last attempt was answered so", wholeNumber)
    .option("--target <url>", "only those that went to this origin, or worker:QUEUE")
    .option("--queue <name>", "only those of this queue")
    .option("--from <time>", "only those whose nominal time is at or after this")
    .option("--to <time>", "only those whose nominal time is before this")
    .option("--died-from <time>", "only those dead at or after this")
    .option("--died-to <time>", "only those dead before this")
    .option("--text <text>", "only those with this in the error or output of the last attempt");
}

export async function filterOf(client: Client, options: FilterOptions): Promise<DeadLetterFilter> {
  const { job, label, failureClass, statusCode, target, queue, from, to, diedFrom, diedTo, text } = options;
  const jobId = job === undefined ? undefined : await jobIdOf(client, job);
  return given<DeadLetterFilter>({ jobId, label, failureClass, statusCode, target, queue, from, to, diedFrom, diedTo, text });
}

/** The flags of a verb that deals with one, or with all that match. */
export function withMany(command: Command): Command {
  return withFilters(command)
    .option("--all", "every dead letter, when no filter is given")
    .option("--dry-run", "only tell how many match")
    .option("--yes", "do it for all that match");
}

/**
 * Which dead letters are meant: one run, or those of a filter.
 *
 * @throws CliError usage when neither or both are named
 */
export async function chosen(
  client: Client,
  runId: string | undefined,
  options: ManyOptions,
): Promise<{ runId: string } | { filter: DeadLetterFilter }> {
  const filter = await filterOf(client, options);
  const isFiltered = Object.keys(filter).length > 0 || options.all === true;
  if (runId !== undefined && !isFiltered) return { runId };
  if (runId === undefined && isFiltered) return { filter };
  throw new CliError("usage", runId === undefined ? "No dead letter is named." : "A run and a filter are given.", {
    remedy: "Give the id of a run, or filters such as --job and --status-code, or --all.",
  });
}

/** What a request for many answered, added up over the requests. */
export type Handled = { matched: number; changed: number; more: boolean; lastStartAt: string | null };

/**
 * Deals with all that match, request after request. Without `--yes` it counts them and refuses: many are not dealt with by a slip.
 *
 * @throws CliError usage without `--yes` and without `--dry-run`
 */
export async function dealWithAll(
  { dryRun, yes }: ManyOptions,
  verb: string,
  ask: (page: { dryRun: boolean; cursor?: string }) => Promise<Handled & { nextCursor: string | null }>,
): Promise<Handled & { dryRun: boolean }> {
  if (dryRun === true || yes !== true) {
    const { nextCursor, ...counted } = await ask({ dryRun: true });
    if (dryRun === true) return { dryRun: true, ...counted };
    throw new CliError("usage", `${countText(counted)}; nothing was done.`, {
      remedy: `Add --yes to ${verb} them, or --dry-run to only count.`,
    });
  }
  let total: Handled = { matched: 0, changed: 0, more: false, lastStartAt: null };
  let cursor: string | null | undefined;
  do {
    const part = await ask({ dryRun: false, ...(cursor ? { cursor } : {}) });
    total = {
      matched: total.matched + part.matched,
      changed: total.changed + part.changed,
      more: part.more,
      lastStartAt: part.lastStartAt ?? total.lastStartAt,
    };
    cursor = part.nextCursor;
  } while (cursor !== null);
  return { dryRun: false, ...total };
}

export function countText({ matched, more }: Pick<Handled, "matched" | "more">): string {
  if (matched === 1 && !more) return "1 dead letter matches";
  return `${matched}${more ? " or more" : ""} dead letters match`;
}
