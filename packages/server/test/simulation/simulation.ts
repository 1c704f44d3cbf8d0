import { createHash } from "node:crypto";
import { createPartitions } from "../../src/store/partitions.ts";
import { bootstrapTenant } from "../../src/store/tenants.ts";
import { epochMs } from "./jobs.ts";
import { carryOut } from "./node.ts";
import { replacePlatform } from "./platform.ts";
import { startInProcessPostgres } from "./postgres.ts";
import { judge, type Tally } from "./verdict.ts";
import { createWorld, type Ground } from "./world.ts";

export type Outcome = {
  seed: number;
  /** What went against a promise, in words; empty when nothing did. */
  breaches: readonly string[];
  /** What happened, a line each. */
  trace: readonly string[];
  /** Of the trace: equal for equal lives. */
  digest: string;
  tally: Tally & { statements: number; virtualMs: number };
};

export type Simulation = {
  /** Lives through one seed from an empty database to the last run's end. The same seed gives the same trace, whatever ran before it. */
  run(seed: number): Promise<Outcome>;
  close(): Promise<void>;
};

/** In this time after the last fault, all that is due has fired. What is found only by a full scan, once a minute, is later. */
const firedWithinMs = 12_000;
/**
 * And in this time all of it has ended: runs held by a node that does not know of them are found after 15 to 25 s and may be retried then, and one that waits
 * for another of its job, whose release was missed, is looked at after a minute.
 */
const endedWithinMs = 150_000;
const lookEveryMs = 250;

/**
 * One PostgreSQL for all seeds, as it takes seconds to start. From here to `close`, this process has simulated clocks for simulated nodes.
 *
 * @param retell what becomes of a statement before it is carried out
 */
export async function startSimulation(retell: (statement: string) => string = (statement) => statement): Promise<Simulation> {
  const postgres = await startInProcessPostgres(retell);
  const platform = replacePlatform();
  const tenantId = await platform.atDatabaseTime(epochMs, async () => {
    await createPartitions(postgres.db);
    return (await bootstrapTenant(postgres.db, "simulated")).tenantId;
  });
  return {
    run: (seed) => live({ postgres, platform, tenantId }, seed),
    async close() {
      platform.restore();
      await postgres.close();
    },
  };
}

async function live(ground: Ground, seed: number): Promise<Outcome> {
  const world = await createWorld(ground, seed);
  const { timeline, plan, cluster, breaches, left } = world;

  /** Lets happen what happens until then. */
  const passUntil = async (endMs: number): Promise<void> => {
    for (let next = timeline.next(endMs); next !== null; next = timeline.next(endMs)) {
      await carryOut(next, cluster.processes, ground.platform);
      await world.audit();
    }
  };
  /** @returns whether it came about in time */
  const passUntilSo = async (isSo: () => Promise<boolean>, withinMs: number): Promise<boolean> => {
    for (let lookMs = timeline.nowMs(); lookMs <= plan.chaosMs + withinMs; lookMs += lookEveryMs) {
      await passUntil(lookMs);
      if (await isSo()) return true;
    }
    return false;
  };

  await passUntil(plan.chaosMs);
  cluster.heal();
  const isFired = async (): Promise<boolean> => (await left()).cursors === 0;
  if (!(await passUntilSo(isFired, firedWithinMs)))
    breaches.push(`${(await left()).cursors} jobs are to fire ${firedWithinMs} ms after the last fault`);
  const isEnded = async (): Promise<boolean> => {
    const { cursors, runs } = await left();
    return cursors === 0 && runs === 0 && cluster.isIdle();
  };
  if (!(await passUntilSo(isEnded, endedWithinMs)))
    breaches.push(
      `${endedWithinMs} ms after the last fault ${(await left()).runs} runs live, and the nodes are ${cluster.isIdle() ? "idle" : "busy"}`,
    );

  const { breaches: found, tally } = await judge(ground.postgres.db, world, world.ledger.begun);
  return {
    seed,
    breaches: [...breaches, ...found, ...world.gaps()],
    trace: world.trace,
    digest: createHash("sha256").update(world.trace.join("\n")).digest("hex").slice(0, 16),
    tally: { ...tally, statements: world.statements(), virtualMs: timeline.nowMs() },
  };
}
