import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { monotonicMs } from "../../../packages/server/src/engine/node-clock.ts";
import type { Database } from "../../../packages/server/src/store/database.ts";
import type { Cleanup } from "../../lib/cleanup.ts";
import { flameGraph } from "./flame.ts";
import { type CpuProfile, framesOf } from "./frames.ts";
import { prepareCounting, readStatements, resetCounting, type StatementsUse } from "./statements.ts";
import { sampleWaits, type Waits } from "./waits.ts";

/** What the database was at while something was measured, and when that was, in monotonic microseconds: the nodes' profiles have the same clock. */
export type Profile = { fromUs: number; toUs: number; waits: Waits; statements: StatementsUse };

export type Profiler = {
  /** Begins; the function it gives ends it. */
  start(): Promise<() => Promise<Profile>>;
};

/** For a stage whose server counts statements. */
export async function createProfiler(url: string, db: Database, cleanup: Cleanup): Promise<Profiler> {
  await prepareCounting(db);
  return {
    async start() {
      await resetCounting(db);
      const end = sampleWaits(url);
      // Also when what is measured fails.
      cleanup.add(async () => void (await end()));
      const fromUs = monotonicMs() * 1_000;
      return async () => {
        const toUs = monotonicMs() * 1_000;
        return { fromUs, toUs, waits: await end(), statements: await readStatements(db) };
      };
    },
  };
}

/** The flame graph of the processes whose profiles are in the folder, for the time of a profile; null when none left any. */
export function drawFlames(folder: string, title: string, within: { fromUs: number; toUs: number }): string | null {
  const profiles = readdirSync(folder)
    .filter((name) => name.endsWith(".cpuprofile"))
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as CpuProfile);
  const flames = framesOf(profiles, within);
  return flames.samples === 0 ? null : flameGraph(title, flames);
}
