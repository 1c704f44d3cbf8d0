import { type Fault, overtakings, type Plan, sendings } from "./faults.ts";
import type { Process } from "./node.ts";
import type { Life, Timeline } from "./timeline.ts";
import type { Statement } from "./way.ts";

type Stall = Extract<Fault, { kind: "stall" }>;
type HoldUp = Extract<Fault, { kind: "overtaking" }>;

export type Departures = {
  /** The fault waits for the statement that it is meant for. */
  arm(fault: Stall | HoldUp): void;
  /**
   * Sends a statement off: calls `go` when it gets away, at once for nearly all. A stalled process stops with it; of what is held up on its way, it hears nothing.
   *
   * @returns whether it is held up
   */
  send(life: Life, statement: Statement, go: () => void): boolean;
  /** No fault from now on. What is held up may still be overtaken. */
  heal(): void;
};

export type DeparturesOptions = {
  timeline: Timeline;
  plan: Pick<Plan, "leaseTtlMs">;
  processes: ReadonlyMap<Life, Process>;
  /** The place of a life's node. */
  indexOf(life: Life): number;
  trace(line: string): void;
};

type Move = [shard: number, jobId: string, revision: number, nextMs: number];
const movesOf = ({ values }: Statement): readonly Move[] => JSON.parse(values[1] as string) as Move[];
/** What the statements that change shards are about. */
const shardsOf = ({ values }: Statement): readonly number[] => values[1] as readonly number[];

type Sent = { life: Life; statement: Statement };

/** Whether both are about the same: the sender's shards, or jobs of which the second fires what comes after. */
function isFollowedBy(held: Sent, next: Sent): boolean {
  if (!held.statement.name.startsWith("fire"))
    return held.life === next.life && shardsOf(next.statement).some((shard) => shardsOf(held.statement).includes(shard));
  const froms = new Map(movesOf(held.statement).map(([, jobId, , nextMs]) => [jobId, nextMs]));
  return movesOf(next.statement).some(([, jobId, , nextMs]) => (froms.get(jobId) ?? nextMs) < nextMs);
}

/** The moments at which statements get away, for those faults that befall one statement. */
export function createDepartures({ timeline, plan, processes, indexOf, trace }: DeparturesOptions): Departures {
  /** Those that wait for their moment, by node. */
  const stalls = new Map<number, Stall>();
  const holdUps = new Set<HoldUp>();
  /** What is held up, until something follows that may overtake it. */
  const heldUp = new Set<Sent & { fault: HoldUp; go: () => void }>();

  const stallMs = (life: Life, statement: Statement): number => {
    const fault = stalls.get(indexOf(life));
    if (!fault || !sendings[fault.sending](statement)) return 0;
    stalls.delete(fault.node);
    const leaseEndsMs = (processes.get(life)?.renewedMs ?? 0) + plan.leaseTtlMs;
    const untilMs = Math.max(0, leaseEndsMs - timeline.nowMs()) + fault.lateMs;
    life.pausedUntilMs = timeline.nowMs() + untilMs + fault.forMs;
    trace(
      `${life.name} stalls for ${Math.round(untilMs + fault.forMs)} ms as it sends ${fault.sending}, which takes ${Math.round(untilMs)}`,
    );
    return untilMs;
  };

  const holdUp = (life: Life, statement: Statement, go: () => void): boolean => {
    const fault = [...holdUps].find(({ node, what }) => node === indexOf(life) && statement.name.startsWith(overtakings[what].what));
    if (!fault) return false;
    holdUps.delete(fault);
    trace(`${life.name} ${statement.name}: held up, to be overtaken: ${fault.what}`);
    heldUp.add({ life, statement, fault, go });
    return true;
  };

  const overtake = (life: Life, statement: Statement): void => {
    for (const held of heldUp) {
      const { by, lateMs } = overtakings[held.fault.what];
      if (!statement.name.startsWith(by) || !isFollowedBy(held, { life, statement })) continue;
      heldUp.delete(held);
      trace(`${life.name} overtakes what ${held.life.name} sent: ${held.fault.what}`);
      timeline.after(lateMs, null, held.go);
    }
  };

  return {
    arm: (fault) => void (fault.kind === "stall" ? stalls.set(fault.node, fault) : holdUps.add(fault)),
    send(life, statement, go) {
      overtake(life, statement);
      if (holdUp(life, statement, go)) return true;
      const afterMs = stallMs(life, statement);
      if (afterMs === 0) go();
      else timeline.after(afterMs, null, go);
      return false;
    },
    heal() {
      stalls.clear();
      holdUps.clear();
    },
  };
}
