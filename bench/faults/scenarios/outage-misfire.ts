import type { JobFact } from "../../lib/history.ts";
import { withIntruder } from "../intruder.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { patience } from "../workload.ts";

const dayMs = 86_400_000;
const everyMs = 60_000;
const windowMs = 600_000;
const policies = ["latest", "all", "skip"] as const;
const jobsEach = 4;
/** Until the first occurrence of a job: more than it takes to stop the nodes, so that none has run before its cursor is set back. */
const leadMs = 50_000;

/** As if the cluster had stopped a day ago: where each job stands, and how far the shards were looked through. */
const setBackCursors = `
update punctual.cursors set next_at = next_at - interval '1 day', due_at = due_at - interval '1 day' where job_id = any ($1::uuid[])`;
const setBackMarks =
  "update punctual.shards set watermark = least(watermark, now() - interval '25 hours'), owner = null, epoch = epoch + 1";

export const outageMisfire: Scenario = {
  name: "outage-misfire",
  what: "Stops all nodes, sets back twelve jobs of one occurrence a minute by 24 hours, as if nothing had run for a day, and starts the nodes: four jobs for each misfire policy.",
  shows: "thousands of occurrences of the day were skipped, as their policies say, each with a row of its own",
  seconds: 60,
  nodes: 3,
  async run(stage) {
    const { cluster, database, faults, clock, wait, extraJobs } = stage;
    const facts = await createJobs(stage);
    await faults.last("a day without nodes", "all nodes", async () => {
      await Promise.all(cluster.places.map((place) => place.stop()));
      await withIntruder(database.url, async (client) => {
        await client.query(setBackCursors, [facts.map((fact) => fact.jobId)]);
        await client.query(setBackMarks);
      });
      if (facts.some((fact) => firstMs(fact) < Date.now())) throw new Error("the nodes took too long to stop; run the scenario again");
      const resumedFromMs = Date.now();
      for (const fact of facts) extraJobs.push({ ...fact, ...backByADay(fact, resumedFromMs) });
      await Promise.all(cluster.places.map((place) => place.start()));
    });
    await wait(clock.endMs - Date.now());
  },
  bitten({ facts }) {
    const count = (state: string): number => facts.runs.filter((run) => run.state === state).length;
    return { bit: count("skipped") > 8 * 1_000, skipped: count("skipped"), succeeded: count("succeeded") };
  },
};

async function createJobs({ clients, receiver }: Stage): Promise<JobFact[]> {
  const [client] = clients();
  if (!client) throw new Error("there is no node");
  const facts: JobFact[] = [];
  for (const policy of policies) {
    for (let n = 1; n <= jobsEach; n++) {
      const anchorMs = Date.now() + leadMs;
      const name = `missed-${policy}-${n}`;
      const target = { type: "http" as const, url: receiver.urls.quick };
      const anchor = new Date(anchorMs).toISOString();
      const { jobId } = await client.jobs.create({
        name,
        every: "1m",
        anchor,
        target,
        misfire: { window: "10m", policy },
        retry: patience,
      });
      const missed = { policy, windowMs, resumedFromMs: 0 };
      facts.push({ jobId, name, source: "missed", schedule: { everyMs, anchorMs }, sentMs: 0, acknowledgedMs: 0, missed });
    }
  }
  return facts;
}

/** The first occurrence that the API announced, a day from where the job will stand. */
function firstMs({ schedule }: JobFact): number {
  return "anchorMs" in schedule ? schedule.anchorMs : 0;
}

function backByADay(fact: JobFact, resumedFromMs: number): Partial<JobFact> {
  const beforeMs = firstMs(fact) - dayMs - 1;
  return { sentMs: beforeMs, acknowledgedMs: beforeMs, ...(fact.missed ? { missed: { ...fact.missed, resumedFromMs } } : {}) };
}
