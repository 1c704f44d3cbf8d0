import type { Client } from "@punctual/client";
import type { Run } from "@punctual/contract";
import type { RunFact } from "../lib/history.ts";

const pageItems = 200;
const liveStatuses = ["ready", "running", "waiting"] as const;

/** Whether every run due until a time is over. */
export async function allOver(client: Client, endMs: number): Promise<boolean> {
  const to = justAfter(endMs);
  const page = await client.runs.list({ status: [...liveStatuses], to, limit: 1 });
  return page.items.length === 0 && page.nextCursor === null;
}

/** Every run due until a time, with its attempts where it needed more than one. */
export async function readRuns(client: Client, endMs: number): Promise<RunFact[]> {
  const facts: RunFact[] = [];
  for await (const run of client.runs.iterate({ to: justAfter(endMs), limit: pageItems })) facts.push(await runFact(client, run));
  return facts;
}

async function runFact(client: Client, run: Run): Promise<RunFact> {
  const attempts = run.attempt > 1 ? (await client.runs.get(run.runId)).attempts : [];
  return {
    runId: run.runId,
    jobId: run.jobId,
    nominalMs: Date.parse(run.nominalAt),
    kind: run.kind,
    status: run.status,
    reason: run.reason,
    attempts: attempts.map(({ attempt, outcome, failureClass }) => ({ attempt, outcome, failureClass })),
  };
}

/** The search leaves its upper end out. */
function justAfter(epochMs: number): string {
  return new Date(epochMs + 1).toISOString();
}
