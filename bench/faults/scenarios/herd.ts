import { type ArrivalFact, occurrenceKey } from "../../lib/history.ts";
import { type Lag, lagOf } from "../../lib/lag.ts";
import { type Fleet, makeTenants, writeFleet, writingMsPerJob } from "../fleet.ts";
import { withIntruder } from "../intruder.ts";
import type { Evidence, Scenario } from "../scenario.ts";

const defaultJobs = 20_000;
const defaultTenants = 100;
const dayMs = 86_400_000;
/** Another tenant's jobs, each every second, spread over it: enough in half a minute for a 99th percentile. */
const bystanders = 50;
/** From the last job written to the second in which all of them are due. */
const leadMs = 5_000;
/** The first seconds of the bystander are not counted: its host is new to every node. */
const warmUpMs = 2_000;
const longestSoloMs = 60_000;

const herdName = "herd";
const bystanderName = "bystander";
const solo = "bystander alone";

export const herd: Scenario = {
  name: "herd",
  what: "Lets 20,000 jobs (--size N) of 100 tenants (--tenants N) fall due in the same second, beside another tenant's 50 jobs that fire every second, and compares the lag of those with what it was before.",
  shows:
    "the jobs were there before that second, their runs waited for their turn, and the other tenant's lag was measured before and meanwhile",
  seconds: 90,
  nodes: 3,
  async run({ given, database, folder, receiver, extraJobs, faults, clock, startReceiver, wait, count }) {
    const jobs = given.size ?? defaultJobs;
    const tenants = given.tenants ?? defaultTenants;
    // One of its own: what waits in the receiver of the herd is no lag of Punctual.
    const own = await startReceiver();
    const add = (facts: Iterable<(typeof extraJobs)[number]>): void => {
      for (const fact of facts) extraJobs.push(fact);
    };
    await withIntruder(database.url, async (client) => {
      const [bystanderId = 0] = await makeTenants(client, folder, bystanderName, 1);
      const beginMs = Date.now() + 2_000;
      const spread = (n: number): number => beginMs + Math.round((n * 1_000) / bystanders);
      const still = {
        name: bystanderName,
        jobs: bystanders,
        tenantIds: [bystanderId],
        url: own.urls.quick,
        everyMs: 1_000,
        firstMs: spread,
      };
      await writeFleet(client, still, (facts) => add(facts.map((fact) => ({ ...fact, sentMs: beginMs - 1, acknowledgedMs: beginMs - 1 }))));
      await wait(beginMs + warmUpMs - Date.now());
      await faults.last(solo, `${bystanders} jobs`, () => wait(Math.min(longestSoloMs, (clock.endMs - clock.startMs) / 3)));

      const tenantIds = await makeTenants(client, folder, herdName, tenants);
      const fleet: Fleet = { name: herdName, jobs, tenantIds, url: receiver.urls.quick, everyMs: dayMs, firstMs: () => 0 };
      const msPerJob = await writingMsPerJob(client, fleet);
      const dueMs = Math.ceil((Date.now() + jobs * msPerJob * 1.5 + leadMs) / 1_000) * 1_000;
      await writeFleet(client, { ...fleet, firstMs: () => dueMs }, add);
      await client.query("analyze punctual.jobs, punctual.cursors");
      count("tenants", tenants);
      count("writtenBeforeMs", dueMs - Date.now());
      await wait(dueMs - Date.now());
    });
    await faults.last(herdName, `${jobs} jobs`, () => wait(Math.max(2_000, clock.endMs - Date.now())));
  },
  bitten({ figures, faults, arrivals, lagMsOf }: Evidence) {
    const ofHerd = lagOf(lagMsOf((source) => source === herdName));
    const [before, meanwhile] = bystanderLags(faults, arrivals);
    const { tenants = 0, writtenBeforeMs = 0 } = figures;
    const isMeasured = before !== null && meanwhile !== null;
    return {
      bit: isMeasured && writtenBeforeMs > 0 && (ofHerd?.max ?? 0) > 1_000,
      ...{ tenants, writtenBeforeMs, arrived: ofHerd?.count ?? 0, herdP50Ms: ofHerd?.p50 ?? 0, herdMaxMs: ofHerd?.max ?? 0 },
      ...{ aloneCount: before?.count ?? 0, aloneP50Ms: before?.p50 ?? 0, aloneP99Ms: before?.p99 ?? 0 },
      ...{ besideCount: meanwhile?.count ?? 0, besideP50Ms: meanwhile?.p50 ?? 0, besideP99Ms: meanwhile?.p99 ?? 0 },
      p99Ratio: isMeasured ? Math.round((meanwhile.p99 / Math.max(1, before.p99)) * 100) / 100 : 0,
    };
  },
};

/** Of the bystander's occurrences that were due while it was alone, and from the herd's second until the last of the herd had arrived. */
function bystanderLags(faults: Evidence["faults"], arrivals: readonly ArrivalFact[]): [Lag | null, Lag | null] {
  const alone = faults.find(({ kind }) => kind === solo);
  const herdMs = faults.find(({ kind }) => kind === herdName)?.fromMs ?? 0;
  const first = new Map<string, ArrivalFact>();
  let lastOfHerdMs = 0;
  for (const arrival of arrivals) {
    const { jobId, jobName, nominalMs, receivedMs } = arrival;
    if (jobName.startsWith(herdName)) lastOfHerdMs = Math.max(lastOfHerdMs, receivedMs);
    if (!jobName.startsWith(bystanderName)) continue;
    const key = occurrenceKey(jobId, nominalMs);
    if ((first.get(key)?.receivedMs ?? Number.POSITIVE_INFINITY) > receivedMs) first.set(key, arrival);
  }
  const within = (fromMs: number, toMs: number): Lag | null =>
    lagOf(
      [...first.values()]
        .filter((each) => each.nominalMs >= fromMs && each.nominalMs <= toMs)
        .map((each) => each.receivedMs - each.nominalMs),
    );
  return [within(alone?.fromMs ?? 0, alone?.toMs ?? 0), within(herdMs, lastOfHerdMs)];
}
