import type { GrantedLease, LeaseResult, WorkerDesk } from "../../src/commands/workers/desk.ts";
import { queueKey, shardOfQueue } from "../../src/model/ids.ts";
import type { Extended } from "../../src/store/leasing.ts";
import type { Ledger } from "./ledger.ts";
import type { Process } from "./node.ts";
import type { Chance } from "./random.ts";
import type { Life, Timeline } from "./timeline.ts";

export type WorkersOptions = {
  timeline: Timeline;
  chance: Chance;
  tenantId: number;
  queueName: string;
  /** Whom one may ask at present. */
  living(): readonly Process[];
  ledger: Ledger;
};

const workers = 2;
const leaseMs = 2_000;
/** In parts of the lease: now and then a beat comes when it has just ended, or too late. */
const beatAfter = { least: 0.2, most: 1.1 };
const waitMs = 1_000;
/** After this long without an answer, a worker asks anew, perhaps another node. */
const patienceMs = 2_000;
const restMs = 200;
/** A result is told until somebody has heard it, or its lease is long over. */
const tellings = 4;
const answersLost = 0.05;

/** Workers, which lease the runs of a queue and do them. Nothing befalls them, but their nodes die, and answers do not come. */
export function startWorkers(options: WorkersOptions): void {
  for (let index = 0; index < workers; index++) startWorker({ name: `w${index}`, alive: true, pausedUntilMs: 0 }, options);
}

/** Without promises of its own: what a worker does is over when its happening is. */
function startWorker(life: Life, { timeline, chance, tenantId, queueName, living, ledger }: WorkersOptions): void {
  const queue = queueKey(tenantId, queueName);
  const queues = [{ name: queueName, shard: shardOfQueue(queue), queue }];
  const soon = (run: () => void): void => void timeline.after(chance.between(0.2, 5), life, run);

  /** Asks some node. @param hear called once, with null when no answer came in time */
  const ask = <T>(what: (desk: WorkerDesk) => Promise<T>, hear: (answer: T | null) => void): void => {
    let isOver = false;
    const end = (answer: T | null): void => {
      if (isOver) return;
      isOver = true;
      hear(answer);
    };
    timeline.after(patienceMs, life, () => end(null));
    const nodes = living();
    if (nodes.length === 0) return;
    const { life: node, engine } = chance.pick(nodes);
    const answered = (answer: T): void => {
      if (!chance.happens(answersLost)) soon(() => end(answer));
    };
    timeline.after(chance.between(0.2, 5), node, () => void (engine && what(engine.workers).then(answered, () => soon(() => end(null)))));
  };

  const look = (): void => {
    const sentMs = timeline.nowMs();
    const wish = { tenantId, worker: life.name, queues, most: 1, waitMs, leaseMs, gone: null };
    const hear = (leases: GrantedLease[] | null): void => {
      const [lease] = leases ?? [];
      // Counted from before it was asked for, it lasts at least so long.
      if (lease && timeline.nowMs() < sentMs + leaseMs) carryOut(lease);
      else timeline.after(restMs, life, look);
    };
    ask((desk) => desk.lease(wish), hear);
  };

  const carryOut = (lease: GrantedLease): void => {
    const { runId, holder, attempt, endsMs } = lease;
    const { durationMs, end, stop } = ledger.begin(life, lease);
    let isOn = true;
    const giveUp = timeline.after(durationMs, life, () => {
      isOn = false;
      tell(lease, end(), tellings);
    });
    const beat = (): void => {
      if (!isOn) return;
      ask((desk) => desk.beat([{ runId, holder, attempt, leaseMs, endsMs, progress: null, message: null, lines: [] }]), heard);
    };
    const beatLater = (): void => void timeline.after(leaseMs * chance.between(beatAfter.least, beatAfter.most), life, beat);
    const heard = (answer: Map<string, Extended> | null): void => {
      if (!isOn) return;
      const extended = answer?.get(runId);
      if (!answer || extended?.cancelReason === null) return beatLater();
      isOn = false;
      giveUp();
      stop();
      // What is lost is nobody's business any more; who asked for the end is told.
      if (extended) tell(lease, "cancelled", tellings);
      else look();
    };
    beatLater();
  };

  const tell = (lease: GrantedLease, outcome: LeaseResult["outcome"], times: number): void => {
    const { runId, holder, attempt, leasedMs } = lease;
    const told = { outcome, output: null, outputTruncated: false, error: null, retryable: true, retryAfterMs: null };
    const result = { ...told, runId, holder, attempt, leasedMs, worker: life.name, lines: [] };
    ask(
      (desk) => desk.complete([result]),
      (answer) => (answer || times === 1 ? look() : tell(lease, outcome, times - 1)),
    );
  };

  timeline.after(chance.between(0, restMs), life, look);
}
