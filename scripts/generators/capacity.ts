import { readFile } from "node:fs/promises";
import { measured } from "../../packages/cli/src/capacity/measured.ts";
import { type PlanQuestion, planCapacity } from "../../packages/cli/src/capacity/plan.ts";
import { planText } from "../../packages/cli/src/output/plan.ts";

const page = "docs/operating/capacity.md";
const closing = "\n```\n";
/** As `punctual plan` asks when nothing else is said. */
const usual = {
  retentionDays: 30,
  peakFactor: 3,
  dueAtOnce: 0,
  withinSeconds: 10,
  attemptSeconds: 0.2,
  bodyBytes: 500,
  databaseCores: 4,
  slotsPerNode: 1_000,
};
/** The commands of the page's worked examples, and what they ask. */
const examples: readonly { command: string; question: PlanQuestion }[] = [
  {
    command: "punctual plan --jobs 5M --runs-per-day 50M --retention 30d",
    question: { ...usual, jobs: 5e6, runsPerDay: 50e6 },
  },
  {
    command: "punctual plan --jobs 10M --runs-per-day 144M --peak 1 --due-at-once 100k --within 10s --retention 14d --database-cores 8",
    question: { ...usual, jobs: 10e6, runsPerDay: 144e6, peakFactor: 1, dueAtOnce: 100e3, retentionDays: 14, databaseCores: 8 },
  },
];

/** The worked examples of the page on capacity, as the command prints them with the coefficients of today; the rest is written by people. */
export async function generate(): Promise<{ path: string; content: string }[]> {
  let content = await readFile(new URL(`../../${page}`, import.meta.url), "utf8");
  for (const { command, question } of examples) {
    const opening = `$ ${command}\n`;
    const from = content.indexOf(opening);
    const to = content.indexOf(closing, from);
    if (from < 0 || to < 0) throw new Error(`${page} has no example of ${command}`);
    const told = planText(question, planCapacity(question, measured)).trimEnd();
    content = content.slice(0, from + opening.length) + told + content.slice(to);
  }
  return [{ path: page, content }];
}
