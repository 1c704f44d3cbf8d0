import { createDepartures, type Departures } from "./departures.ts";
import type { Fault, Plan } from "./faults.ts";
import type { Line } from "./network.ts";
import type { Process } from "./node.ts";
import type { Life, Timeline } from "./timeline.ts";
import { calm, type Weather } from "./weather.ts";

export type Cluster = {
  /** Every boot so far, by its life. */
  processes: ReadonlyMap<Life, Process>;
  weatherOf(life: Life, line: Line): Weather;
  send: Departures["send"];
  /** No fault from now on: who is down comes back, who is paused goes on. */
  heal(): void;
  /** Whether all processes that live have given back every slot, and own all shards together. */
  isIdle(): boolean;
};

export type ClusterOptions = {
  timeline: Timeline;
  plan: Plan;
  shards: number;
  /** Boots node `index`, 0 the first. */
  boot(index: number): Process;
  /** The connections of a process close. */
  closed(process: Process): void;
  trace(line: string): void;
};

/** A life is called by its node's place and its boot. */
const indexOf = (life: Life): number => Number(life.name.slice(1, 2));

/** The processes of a seed, and what befalls them. */
export function createCluster({ timeline, plan, shards, boot, closed, trace }: ClusterOptions): Cluster {
  const processes = new Map<Life, Process>();
  const current: Process[] = [];
  const cutUntilMs: Record<Line, number[]> = { lease: [], work: [] };
  const departures = createDepartures({ timeline, plan, processes, indexOf, trace });
  let outageUntilMs = 0;
  let isHealed = false;

  const bootNode = (index: number): void => {
    const process = boot(index);
    current[index] = process;
    processes.set(process.life, process);
    trace(`${process.life.name} boots`);
  };
  const nodeAt = (index: number): Process => current[index] as Process;

  const end = (index: number, process: Process, how: string): void => {
    process.life.alive = false;
    closed(process);
    trace(`${process.life.name} ${how}`);
    if (isHealed) bootNode(index);
  };
  const bringBack = (index: number): void => {
    if (!nodeAt(index).life.alive) bootNode(index);
  };

  const befall = (fault: Fault): void => {
    if (fault.kind === "outage") {
      outageUntilMs = timeline.nowMs() + fault.forMs;
      return trace(`the database is away for ${Math.round(fault.forMs)} ms`);
    }
    const process = nodeAt(fault.node);
    const { life } = process;
    if (!life.alive || isHealed) return;
    switch (fault.kind) {
      case "crash":
        end(fault.node, process, "crashes");
        timeline.after(fault.backAfterMs, null, () => bringBack(fault.node));
        return;
      case "stop":
        stop(fault.node, process, fault);
        return;
      case "pause":
        life.pausedUntilMs = timeline.nowMs() + fault.forMs;
        trace(`${life.name} is paused for ${Math.round(fault.forMs)} ms`);
        return;
      case "stall":
      case "overtaking":
        departures.arm(fault);
        return;
      case "cut":
        cutUntilMs.lease[fault.node] = cutUntilMs.work[fault.node] = timeline.nowMs() + fault.forMs;
        trace(`${life.name} is cut off for ${Math.round(fault.forMs)} ms`);
        return;
      case "cut from work":
        cutUntilMs.work[fault.node] = timeline.nowMs() + fault.forMs;
        trace(`${life.name} is cut off for ${Math.round(fault.forMs)} ms, but for its lease`);
    }
  };

  const stop = (index: number, process: Process, { drainMs, backAfterMs }: { drainMs: number; backAfterMs: number }): void => {
    const { engine, life } = process;
    if (engine === null || process.stopping) return;
    process.stopping = true;
    trace(`${life.name} is told to stop`);
    timeline.after(0, life, async () => {
      await engine.stop(drainMs);
      end(index, process, "has stopped");
      timeline.after(backAfterMs, null, () => bringBack(index));
    });
  };

  for (let index = 0; index < plan.nodes; index++) bootNode(index);
  for (const fault of plan.faults) timeline.after(fault.atMs, null, () => befall(fault));

  return {
    processes,
    weatherOf(life, line) {
      if (isHealed) return calm;
      const isCut = Math.max(outageUntilMs, cutUntilMs[line][indexOf(life)] ?? 0) > timeline.nowMs();
      return { ...plan.weather, down: isCut };
    },
    send: departures.send,
    heal() {
      trace("all faults are over");
      isHealed = true;
      departures.heal();
      for (const [index, process] of current.entries()) {
        if (!process.life.alive) bootNode(index);
        else process.life.pausedUntilMs = 0;
      }
    },
    isIdle() {
      const gauges = current.flatMap(({ engine, life }) => (engine && life.alive ? [engine.gauges()] : []));
      const owned = gauges.reduce((sum, each) => sum + each.shards, 0);
      return (
        gauges.length === current.length &&
        owned === shards &&
        gauges.every(({ running, slotsFree }) => running === 0 && slotsFree === plan.slots)
      );
    },
  };
}
