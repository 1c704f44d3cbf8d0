import type { Target as TargetSpec } from "@punctual/contract";
import { type Engine, startEngine } from "../../src/engine/engine.ts";
import type { Cipher } from "../../src/store/secrets.ts";
import type { Target } from "../../src/targets/port.ts";
import type { Event } from "../../src/telemetry/events.ts";
import type { Ways } from "./network.ts";
import type { Machine, Platform } from "./platform.ts";
import type { Chance } from "./random.ts";
import type { Happening, Life, Timeline } from "./timeline.ts";

/** A process that runs the engine: one boot of a node. */
export type Process = {
  life: Life;
  machine: Machine;
  engine: Engine | null;
  /** Every id it was registered under. */
  nodeIds: number[];
  /** When it last heard that it has its lease. */
  renewedMs: number;
  /** Whether it was told to stop. */
  stopping: boolean;
};

export type ProcessOptions = {
  name: string;
  timeline: Timeline;
  chance: Chance;
  ways: (life: Life) => Ways;
  target: (life: Life) => Target<TargetSpec>;
  cipher: Cipher;
  leaseTtlMs: number;
  slots: number;
  emitted(process: Process, event: Event): void;
};

/** Boots a node at the present time. */
export function bootProcess(options: ProcessOptions): Process {
  const { timeline, chance } = options;
  const life: Life = { name: options.name, alive: true, pausedUntilMs: 0 };
  const process: Process = { life, machine: machineOf(timeline, chance, life), engine: null, nodeIds: [], renewedMs: 0, stopping: false };
  const { db, leaseDb, listen } = options.ways(life);
  const target = options.target(life);
  const start = async (): Promise<void> => {
    // A process whose start fails is started again by whoever runs it.
    for (;;) {
      try {
        process.engine = await startEngine({
          ...{ db, leaseDb, cleaningDb: null, listen, cipher: options.cipher },
          targets: new Map([[target.type, target]]),
          nodeName: options.name,
          version: "0.0.0",
          slots: options.slots,
          slotsPerOrigin: options.slots,
          leaseTtlMs: options.leaseTtlMs,
          publicUrl: null,
          overdueAfterMs: 60_000,
          guard: { gapMs: null, clockJumpMs: 60_000 },
          retention: { retentionDays: 30, deadLetterRetentionDays: 90 },
          emit: (event) => {
            if (event.type === "node_registered") process.nodeIds.push(event.nodeId);
            if (event.type === "node_registered" || event.type === "lease_renewed") process.renewedMs = timeline.nowMs();
            options.emitted(process, event);
          },
        });
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  };
  timeline.after(0, life, start);
  return process;
}

/** Clocks of its own: another zero, a rate that is a little off, and a wall clock that somebody set wrong. */
function machineOf(timeline: Timeline, chance: Chance, life: Life): Machine {
  const rate = chance.between(0.995, 1.005);
  const zeroMs = chance.between(1_000, 1e9);
  const bootMs = timeline.nowMs();
  const wallMs = Date.parse("2027-03-01T09:00:00Z") + chance.between(-3_600_000, 3_600_000);
  const sinceBootMs = (): number => (timeline.nowMs() - bootMs) * rate;
  return {
    timer: (ms, run) => timeline.after(ms / rate, life, run),
    monotonicMs: () => zeroMs + sinceBootMs(),
    wallMs: () => wallMs + sinceBootMs(),
    random: chance.next,
  };
}

/** Carries out what happens next, as whoever it happens to. */
export async function carryOut(happening: Happening, processes: ReadonlyMap<Life, Process>, platform: Platform): Promise<void> {
  const process = happening.life && processes.get(happening.life);
  if (process) await platform.as(process.machine, happening.run);
  else await happening.run();
}
