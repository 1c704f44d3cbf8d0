import type pg from "pg";
import type { ArrivalFact } from "../lib/history.ts";
import { followLedger } from "../lib/ledger.ts";
import type { Place } from "./cluster.ts";
import { openIntruder } from "./intruder.ts";
import type { Mode } from "./proxy/modes.ts";
import type { Stage } from "./stage.ts";

/** The steps of an attempt between which a node can be stopped. */
export const moments = ["beforeSettle", "beforeClaim", "afterClaim", "afterSend"] as const;
export type Moment = (typeof moments)[number];

export type Stopper = {
  /** Stops the process of a place at this moment, and sees to it that it was this one. @returns the place whose process stands still, or null: the moment did not come */
  stopAt(moment: Moment, place: number): Promise<Place | null>;
  end(): Promise<void>;
};

/** With a free slot, firing takes a run at once; else it is claimed later. */
const claims = ["fire", "fire_unless_busy", "claim"];
const settles = ["settle", "settle_succeeded"];
/** What the node sends, or is told, from the statement on does not get through: whatever it does until its process stands still, it is as if it stood still then. */
const traps: Record<Exclude<Moment, "afterSend">, { mode: Mode; statements: readonly string[] }> = {
  beforeClaim: { mode: "mute", statements: claims },
  afterClaim: { mode: "deaf", statements: claims },
  beforeSettle: { mode: "mute", statements: settles },
};
const patienceMs = 10_000;
const pollMs = 10;
/** The receiver takes 700 ms for a slow request; one that is older may be answered while it is asked who sent it. */
const freshMs = 300;
const answersAfterMs = 700;

const heldSql = `
select n.name, l.run_id as "runId", l.attempt
from punctual.live_runs l join punctual.nodes n on n.node_id = l.holder
where l.state = 'running' and n.buried_at is null`;
type Held = { name: string; runId: string; attempt: number };

/** @param stage with a way of the proxy for each place */
export async function createStopper({ database, cluster, proxy, receiver, wait }: Stage): Promise<Stopper> {
  if (!proxy) throw new Error("stopping at a moment needs the proxy");
  const client: pg.Client = await openIntruder(database.url);
  const ledger = followLedger(receiver.ledgerPath);
  const sent = new Set<string>();
  const heldRuns = async (): Promise<Held[]> => (await client.query<Held>(heldSql)).rows;
  const keyOf = ({ runId, attempt }: { runId: string; attempt: number }): string => `${runId} ${attempt}`;
  const readLedger = (): ArrivalFact[] => {
    const fresh = ledger.read();
    for (const { webhookId, attempt } of fresh) sent.add(keyOf({ runId: webhookId, attempt }));
    return fresh;
  };

  /** Stops a node that waits for an answer of the receiver. Whose request it was, the database tells; that it was in time is looked at afterwards. */
  const stopAfterSend = async (): Promise<Place | null> => {
    for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await wait(pollMs)) {
      const arrival = readLedger().findLast(({ jobName, receivedMs }) => jobName.includes("slow") && Date.now() - receivedMs < freshMs);
      if (!arrival) continue;
      const key = keyOf({ runId: arrival.webhookId, attempt: arrival.attempt });
      const isHeldBy = (name: string | undefined) => (held: Held) => keyOf(held) === key && held.name === name;
      const holder = (await heldRuns()).find((held) => keyOf(held) === key)?.name;
      const place = cluster.places.find(({ name }) => name === holder);
      if (!place) continue;
      place.signal("SIGSTOP");
      const isInTime = Date.now() < arrival.receivedMs + answersAfterMs;
      if (isInTime && (await heldRuns()).some(isHeldBy(holder))) return place;
      place.signal("SIGCONT");
    }
    return null;
  };

  /** Whether the database holds runs for the node that it has not sent. */
  const hasUnsent = async (name: string): Promise<boolean> => {
    for (const deadline = performance.now() + patienceMs / 10; performance.now() < deadline; await wait(pollMs)) {
      readLedger();
      if ((await heldRuns()).some((held) => held.name === name && !sent.has(keyOf(held)))) return true;
    }
    return false;
  };

  return {
    async stopAt(moment, index) {
      if (moment === "afterSend") return stopAfterSend();
      const { mode, statements } = traps[moment];
      const place = cluster.places[index];
      if (!place || (await proxy.trap(index, mode, statements, patienceMs)) === null) return null;
      place.signal("SIGSTOP");
      if (moment !== "afterClaim" || (await hasUnsent(place.name))) return place;
      place.signal("SIGCONT");
      await proxy.set(index, "pass");
      return null;
    },
    end: () => client.end(),
  };
}
