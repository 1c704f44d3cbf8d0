import { eventually, type Receiver, startReceiver } from "@punctual/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Cluster, startCluster } from "./cluster.ts";

let cluster: Cluster;
let receiver: Receiver;
beforeEach(async () => {
  [cluster, receiver] = await Promise.all([startCluster(), startReceiver()]);
});
afterEach(async () => {
  await cluster.stop();
  await receiver.stop();
});

/** The ends of what can be configured. */
const bounds = [
  { bound: "2s", leaseTtlMs: 2_000 },
  { bound: "60s", leaseTtlMs: 60_000 },
];

test.each(bounds)(
  "with a lease of $bound, the shards of a node that is cut off are taken when it ends, and given back when the node returns",
  async ({ leaseTtlMs }) => {
    const [cutOff, other] = [await cluster.start({ leaseTtlMs }), await cluster.start({ leaseTtlMs })];
    await cluster.settled(cutOff, other);
    const { jobId } = await cluster.createJobOn(cutOff, { every: "1s", target: { type: "http", url: receiver.url } });
    await receiver.waitFor(1);
    const leaseLeft = async (): Promise<number> =>
      (
        await cluster.rows<{ left: number }>(
          "select punctual.ms(lease_until) - punctual.ms(punctual.clock()) as left from punctual.nodes where node_id = $1",
          [cutOff.engine.nodeId()],
        )
      )[0]?.left ?? 0;
    expect(await cluster.rows("select distinct ttl_ms::int from punctual.nodes")).toEqual([{ ttl_ms: leaseTtlMs }]);
    cutOff.proxy.cut();
    // As if the time had passed: only that node's lease must end.
    if (leaseTtlMs > 5_000)
      await cluster.rows("update punctual.nodes set lease_until = punctual.clock() where node_id = $1", [cutOff.engine.nodeId()]);
    await eventually(() => other.engine.gauges().shards === 256, { timeoutMs: 15_000 });
    await receiver.waitFor(receiver.requests.length + 2);
    cutOff.proxy.heal();
    // Up to a quarter of the lease until it tries to renew.
    await eventually(async () => (await leaseLeft()) > 0, { timeoutMs: leaseTtlMs / 4 + 5_000 });
    await cluster.settled(cutOff, other);
    await receiver.waitFor(receiver.requests.length + 1);
    const doubled = await cluster.rows(
      "select nominal_at from punctual.finished_runs where job_id = $1 group by nominal_at having count(*) > 1",
      [jobId],
    );
    expect(doubled).toEqual([]);
  },
  60_000,
);
