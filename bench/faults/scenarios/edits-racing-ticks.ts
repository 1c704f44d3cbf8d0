import type { Client } from "@punctual/client";
import { PunctualApiError } from "@punctual/client";
import type { JobFact } from "../../lib/history.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { patience } from "../workload.ts";

const jobCount = 12;
const retryMs = 50;
/** Close to a tick: an edit is sent from so long before an occurrence to so long after it. */
const aroundMs = 60;

type Request = { sentMs: number; acknowledgedMs: number };

export const editsRacingTicks: Scenario = {
  name: "edits-racing-ticks",
  what: "Changes, pauses, resumes and in the end deletes twelve jobs, each request within 60 ms of an occurrence of its job, while a node is killed every 5 s.",
  shows: "hundreds of changes were acknowledged, and many of them while an occurrence was due",
  seconds: 60,
  nodes: 3,
  async run(stage) {
    const editors = Array.from({ length: jobCount }, (_, index) => editForLong(stage, index));
    await Promise.all([...editors, killNow(stage)]);
  },
  bitten({ figures }) {
    const [changes, racing] = [figures["changes"] ?? 0, figures["racing"] ?? 0];
    return { bit: changes >= 20 && racing >= 5, changes, racing, repeated: figures["repeated"] ?? 0 };
  },
};

async function killNow({ cluster, faults, rest }: Stage): Promise<void> {
  for (let turn = 0; await rest(5_000); turn++) {
    const place = cluster.places[turn % cluster.places.length];
    faults.mark("kill -9", place?.name ?? "");
    await place?.kill();
    await place?.start();
  }
}

/** One job's editor: what it holds at any time becomes a fact of its own. */
async function editForLong(stage: Stage, index: number): Promise<void> {
  const anchorMs = Date.now() - 60_000 + Math.round((index * 1_000) / jobCount);
  const anchor = new Date(anchorMs).toISOString();
  const name = `edited-${index + 1}`;
  const target = { type: "http" as const, url: stage.receiver.urls.quick };
  const make = (client: Client) => client.jobs.create({ name, every: "1s", anchor, target, retry: patience }, { idempotencyKey: name });
  const { jobId, ...created } = await asked(stage, make);
  const factOf = (everyMs: number, request: Request): JobFact => ({
    jobId,
    name,
    source: "edited",
    schedule: { everyMs, anchorMs },
    ...request,
  });

  let current: JobFact | null = begin(factOf(1_000, created));
  let everyMs = 1_000;
  for (let turn = index; await stage.rest(300 + Math.random() * 1_500); turn++) {
    await untilTick(stage, anchorMs, everyMs);
    if (current === null) {
      const { jobId: _, ...request } = await asked(stage, (client) => client.jobs.resume(jobId));
      current = begin(factOf(everyMs, request));
    } else if (turn % 3 === 0) {
      const { jobId: _, ...request } = await asked(stage, (client) => client.jobs.pause(jobId));
      current = finish(current, request);
    } else {
      everyMs = everyMs === 1_000 ? 2_000 : 1_000;
      const { jobId: _, ...request } = await asked(stage, (client) => client.jobs.update(jobId, { every: `${everyMs / 1_000}s`, anchor }));
      finish(current, request);
      current = begin(factOf(everyMs, request));
    }
  }
  await untilTick(stage, anchorMs, everyMs);
  const deleted = await asked(stage, (client) => client.jobs.delete(jobId), ["job_not_found"]);
  if (current) finish(current, deleted);

  function begin(fact: JobFact): JobFact {
    stage.extraJobs.push(fact);
    return fact;
  }
  function finish(fact: JobFact, { sentMs, acknowledgedMs }: Request): null {
    Object.assign(fact, { endSentMs: sentMs, endAcknowledgedMs: acknowledgedMs });
    stage.count("racing", Math.floor((acknowledgedMs - anchorMs) / everyMs) > Math.floor((sentMs - anchorMs) / everyMs) ? 1 : 0);
    return null;
  }
}

async function untilTick({ wait }: Stage, anchorMs: number, everyMs: number): Promise<void> {
  const toTickMs = everyMs - ((Date.now() - anchorMs) % everyMs);
  await wait(Math.max(0, toTickMs + (Math.random() * 2 - 1) * aroundMs));
}

/** Asks until it is acknowledged, through any node. An answer that says it was done already, to a repetition, is one. */
async function asked(
  { clients, count, wait }: Stage,
  ask: (client: Client) => Promise<{ jobId: string } | void>,
  done: readonly string[] = [],
): Promise<Request & { jobId: string }> {
  const sentMs = Date.now();
  for (let turn = 0; ; turn++) {
    const all = clients();
    const client = all[Math.floor(Math.random() * all.length)];
    try {
      const job = client && (await ask(client));
      if (client) {
        count("changes", 1);
        return { sentMs, acknowledgedMs: Date.now(), jobId: job?.jobId ?? "" };
      }
    } catch (error) {
      if (!(error instanceof PunctualApiError)) throw error;
      if (turn > 0 && done.includes(error.code)) return { sentMs, acknowledgedMs: Date.now(), jobId: "" };
      if (!error.retryable) throw error;
      count("repeated", 1);
    }
    await wait(retryMs);
  }
}
