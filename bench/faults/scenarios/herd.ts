import type { Client } from "@punctual/client";
import { createInBulk } from "../../lib/create.ts";
import { onceDraft } from "../../lib/drafts.ts";
import { lagOf } from "../../lib/lag.ts";
import type { Evidence, Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { patience } from "../workload.ts";

const defaultSize = 20_000;
const bulkJobs = 500;
/** From the last creation to the second in which all of it is due. */
const leadMs = 5_000;

export const herd: Scenario = {
  name: "herd",
  what: "Lets 20,000 one-time jobs (--size N) fall due in the same second, beside jobs that fire every second as always.",
  shows: "nine of ten of its jobs were there before that second, and their runs waited for their turn",
  seconds: 90,
  nodes: 3,
  async run(stage) {
    const size = stage.size ?? defaultSize;
    const [client] = stage.clients();
    if (!client) throw new Error("there is no node");
    const paceMs = await timeOf(() => create(stage, client, 0, Math.min(bulkJobs, size), Date.now() + 3_600_000));
    // Long enough to create the others, by the time that the first took; those first ones are not due in this scenario.
    const dueMs = Math.ceil((Date.now() + ((size / bulkJobs) * paceMs * 3) / 2 + leadMs) / 1_000) * 1_000;
    for (let from = bulkJobs; from < size + bulkJobs; from += bulkJobs) await create(stage, client, from, bulkJobs, dueMs);
    stage.count("createdBeforeMs", dueMs - Date.now());
    await stage.faults.last("herd", `${size} jobs`, () => stage.wait(Math.max(dueMs + 2_000, stage.clock.endMs) - Date.now()));
  },
  bitten({ figures, lagMsOf }: Evidence) {
    const ofHerd = lagOf(lagMsOf((source) => source === "herd"));
    const others = lagOf(lagMsOf((source) => source.startsWith("every")));
    const lags = { herdP50Ms: ofHerd?.p50 ?? 0, herdMaxMs: ofHerd?.max ?? 0, othersP99Ms: others?.p99 ?? 0, othersMaxMs: others?.max ?? 0 };
    return { bit: (figures["createdBeforeMs"] ?? 0) > 0 && lags.herdMaxMs > 1_000, arrived: ofHerd?.count ?? 0, ...lags };
  },
};

async function create({ extraJobs, receiver }: Stage, client: Client, from: number, jobs: number, dueMs: number): Promise<void> {
  const drafts = Array.from({ length: jobs }, (_, n) => {
    const draft = onceDraft(`herd-${from + n + 1}`, dueMs, receiver.urls.quick);
    return { ...draft, source: "herd", body: { ...draft.body, retry: patience } };
  });
  const created = await createInBulk(client, drafts);
  for (const job of created.jobs) extraJobs.push(job);
  if (created.refused.length > 0) throw new Error(`the server refused ${created.refused[0]?.reason}`);
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
