import { randomBytes } from "node:crypto";
import type { Job } from "@punctual/contract";
import type pg from "pg";
import { jobFact } from "../../lib/create.ts";
import { type Draft, onceDraft } from "../../lib/drafts.ts";
import { diskMissing } from "../disk.ts";
import { openIntruder } from "../intruder.ts";
import { type FaultDatabase, isAlive } from "../postgres.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { patience } from "../workload.ts";

const leadMs = 3_000;
const longestMs = 60_000;
const askEveryMs = 250;
const healMs = 5_000;
const patienceMs = 60_000;
/** Does not shrink, and does not fit into the free room of a page: its row needs another one. */
const payloadBytes = 12_000;
const diskFull = "53100";

export const fullDisk: Scenario = {
  name: "full-disk",
  what: "The file system that the database has to itself is filled to the last byte, for 60 s (a quarter of a shorter run) and again; the second time write-ahead log is used up until the server crashes. Then there is room again. Nodes are not touched.",
  shows:
    "the server refused to write for want of room (53100) and crashed when its log could not grow; creations were answered 503, never acknowledged and lost; the same node processes went on",
  seconds: 90,
  nodes: 3,
  disk: true,
  needs: diskMissing,
  settings: { min_wal_size: "32MB", max_wal_size: "64MB", shared_buffers: "64MB" },
  async run(stage) {
    const { disk, database, faults, clock, rest, count } = stage;
    if (!disk) throw new Error("there is no disk");
    const lastsMs = Math.min(longestMs, (clock.endMs - clock.startMs) / 4);
    for (const name of ["refusals53100", "crashes", "serverStarts", "answers503", "acknowledged", "otherAnswers"]) count(name, 0);
    await rest(leadMs);
    const refused = await faults.last("disk full", "all nodes", () => whileFull(stage, lastsMs, refuseWrites));
    disk.free();
    await askAgain(stage, refused);
    await rest(healMs);
    const refusedAgain = await faults.last("disk full, log used up", "all nodes", async () => {
      const open = await whileFull(stage, lastsMs, useUpLog);
      disk.free();
      // A server that cannot recover for want of room ends, and whoever looks after it starts it again.
      if (!isAlive(database.pid())) {
        await database.down("stop");
        await database.up();
        count("serverStarts", 1);
      }
      return open;
    });
    await askAgain(stage, refusedAgain);
  },
  bitten({ figures, gauges, lives }) {
    const loopFailures = gauges.reduce((sum, gauge) => sum + gauge.loopFailures, 0);
    const { refusals53100 = 0, crashes = 0, answers503 = 0, otherAnswers = 0 } = figures;
    const isRefused = refusals53100 > 0 && crashes > 0 && answers503 > 0 && otherAnswers === 0;
    return { bit: isRefused && loopFailures > 0 && lives.length === 3, ...figures, loopFailures };
  },
};

/** Keeps the disk full, whatever the server gives back meanwhile, and asks every node to create jobs. @returns those that were not acknowledged */
async function whileFull(stage: Stage, lastsMs: number, press: Press): Promise<Wish[]> {
  const { disk, database, cluster, wait, count } = stage;
  const open: Wish[] = [];
  let last = "";
  for (const untilMs = Date.now() + lastsMs; Date.now() < untilMs; await wait(askEveryMs)) {
    disk?.fill();
    const pressed = await press(database);
    if (pressed === diskFull) count("refusals53100", 1);
    if (pressed === crashed && last !== crashed) count("crashes", 1);
    last = pressed;
    const asking = cluster.alive().map(async ({ url }, index) => {
      const wish = newWish(stage, Date.now() * 10 + index);
      if (!(await ask(url, wish, stage))) open.push(wish);
    });
    await Promise.all(asking);
  }
  return open;
}

type Press = (database: FaultDatabase) => Promise<string>;

/** Until the server says that there is no room. */
const refuseWrites: Press = ({ url }) =>
  write(url, "create table if not exists public.ballast (block bytea)", "insert into public.ballast values ($1)");

/** Ends the current file of the log until there is no room for the next one, which ends the server's processes. */
const useUpLog: Press = ({ url }) => write(url, "select 1", "select pg_logical_emit_message(true, 'faults', $1::bytea), pg_switch_wal()");

const writes = 50;
const crashed = "crashed";

/** @returns the SQLSTATE that ended it, `crashed` when the server's processes ended meanwhile, or are not there, and `written` */
async function write(databaseUrl: string, first: string, repeated: string): Promise<string> {
  let client: pg.Client | null = null;
  try {
    client = await openIntruder(databaseUrl);
    await client.query(first);
    for (let n = 0; n < writes; n++) await client.query(repeated, [randomBytes(payloadBytes)]);
    return "written";
  } catch (error) {
    const { code = crashed } = error as { code?: string };
    return /^57P0|^ECONN/.test(code) ? crashed : code;
  } finally {
    await client?.end().catch(() => {});
  }
}

/** A job that a caller wants, and asks for under one idempotency key until it is acknowledged. */
type Wish = { draft: Draft; sentMs: number };

function newWish({ receiver }: Stage, number: number): Wish {
  const sentMs = Date.now();
  const draft = onceDraft(`full-${number}`, sentMs, receiver.urls.quick);
  const payload = { text: randomBytes(payloadBytes).toString("base64") };
  return { sentMs, draft: { ...draft, body: { ...draft.body, payload, retry: patience } } };
}

/** @returns whether it is acknowledged: then it is a job like any other, which must run */
async function ask(url: string, { draft, sentMs }: Wish, { apiKey, extraJobs, count }: Stage): Promise<boolean> {
  const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json", "idempotency-key": draft.body.name };
  const request = { method: "POST", headers, body: JSON.stringify(draft.body), signal: AbortSignal.timeout(30_000) };
  const answer = await fetch(`${url}/v1/jobs`, request);
  if (answer.status === 201) extraJobs.push(jobFact(draft, (await answer.json()) as Job, sentMs, Date.now()));
  const isRefused = answer.status === 503 && answer.headers.has("retry-after");
  count(answer.status === 201 ? "acknowledged" : isRefused ? "answers503" : "otherAnswers", 1);
  return answer.status === 201;
}

/** Once there is room again. */
async function askAgain(stage: Stage, wishes: readonly Wish[]): Promise<void> {
  const { cluster, wait } = stage;
  for (const wish of wishes) {
    const deadline = performance.now() + patienceMs;
    for (let turn = 0; ; turn++) {
      const { url } = cluster.alive()[turn % cluster.alive().length] ?? {};
      if (url !== undefined && (await ask(url, wish, stage))) break;
      if (performance.now() > deadline)
        throw new Error(`${patienceMs} ms after there was room again, nodes do not take ${wish.draft.body.name}`);
      await wait(askEveryMs);
    }
  }
}
