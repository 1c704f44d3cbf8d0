import { eventually, type Receiver, startReceiver } from "@punctual/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CommandContext } from "../../src/commands/operation.ts";
import { completeRun } from "../../src/commands/workers/complete-run.ts";
import { type Cluster, startCluster, type TestNode } from "../engine/cluster.ts";
import { completer } from "./completer.ts";
import { emptyDesk } from "./empty-desk.ts";

let cluster: Cluster;
let receiver: Receiver;
let node: TestNode;
beforeAll(async () => {
  [cluster, receiver] = await Promise.all([startCluster(), startReceiver()]);
  node = await cluster.start();
});
beforeEach(() => receiver.answer({ status: 202 }));
afterAll(async () => {
  await cluster.stop();
  await receiver.stop();
  if (node.failures.length > 0) throw new Error(`the node failed: ${node.failures.join(", ")}`);
});

const { read, complete, trigger, accepted, request, left } = completer(() => ({ cluster, receiver, node }));

describe("a completion", () => {
  it("changes nothing when it comes twice, after the end, for another run, with a made-up token, or with a key", async () => {
    const [mine, theirs] = [await accepted({}), await accepted({})];
    const refused = async (runId: string, token: string) => {
      const { status, body } = await complete(runId, token, { outcome: "failed" });
      return [status, body.code];
    };
    const forged = `${mine.token.split(".").slice(0, -1).join(".")}.${"A".repeat(22)}`;
    expect(await refused(theirs.runId, mine.token)).toEqual([401, "completion_token_invalid"]);
    expect(await refused(mine.runId, forged)).toEqual([401, "completion_token_invalid"]);
    expect(await refused(mine.runId, mine.token.replace(/\.[^.]*\./, ".zzzz."))).toEqual([401, "completion_token_invalid"]);
    expect(await refused(mine.runId, cluster.apiKey)).toEqual([401, "completion_token_invalid"]);
    expect(await refused(mine.runId, "")).toEqual([401, "unauthorized"]);
    for (const { runId } of [mine, theirs]) expect(await read(runId)).toMatchObject({ status: "running", attempts: [] });
    expect(await complete(mine.runId, mine.token, { outcome: "succeeded" })).toMatchObject({ status: 200 });
    expect(await refused(mine.runId, mine.token)).toEqual([409, "lease_lost"]);
    expect(await complete(mine.runId, mine.token, { progress: 3 })).toMatchObject({ status: 409 });
    expect(await read(mine.runId)).toMatchObject({ status: "succeeded", attempts: [{ outcome: "succeeded" }] });
    expect((await read(theirs.runId)).attempts).toEqual([]);
  });

  it("is refused once the token's time is over, should the run go on", async () => {
    const { runId } = await accepted({});
    const { database, tenantId } = cluster;
    const context = { db: database.pool, tenantId, completion: { attempt: 1, expiresMs: Date.now() - 1 } } as unknown as CommandContext;
    const asked = completeRun(emptyDesk)(context, { params: { runId }, query: undefined, body: { progress: 3 }, ifMatch: null });
    await expect(asked).rejects.toMatchObject({ code: "completion_token_invalid" });
    expect((await read(runId)).progress).toBeNull();
  });

  it("opens nothing but its own run: the token is no key", async () => {
    const { runId, token } = await accepted({});
    const { status } = await fetch(`${node.url}/v1/runs/${runId}`, { headers: { authorization: `Bearer ${token}` } });
    expect(status).toBe(401);
  });

  it("may come before the request that brought the run is answered, with the next attempt under way beside it", async () => {
    receiver.answer(({ headers }) => (headers["punctual-attempt"] === "1" ? { status: 202, delayMs: 3_000 } : { refuse: "hang" }));
    const runId = await trigger({ retry: { backoff: ["1s"], attempts: 2 } });
    const token = String((await request(runId))["punctual-completion-token"]);
    expect((await complete(runId, token, { outcome: "failed" })).body).toMatchObject({ status: "waiting" });
    await receiver.waitFor((all) => all.filter(({ headers }) => headers["webhook-id"] === runId).length === 2);
    await eventually(() => node.events.some((event) => event.type === "attempt_accepted" && event.runId === runId));
    // The first answer took nothing of the second attempt away: its node knows it and can stop it.
    expect(await read(runId)).toMatchObject({ status: "running", attempt: 2, leaseUntil: null });
    await cluster.ask("cancelRun", { params: { runId }, body: {} });
    expect(await left(runId)).toMatchObject({ status: "cancelled", attempts: [{ outcome: "failed" }, { outcome: "cancelled" }] });
    expect(node.engine.gauges().running).toBe(0);
  });
});

describe("a job whose target may complete later", () => {
  it("is done with any other 2xx at once, and fails as any other does", async () => {
    receiver.answer({ status: 200, body: "done" });
    expect(await left(await trigger())).toMatchObject({ status: "succeeded", attempts: [{ statusCode: 200, output: "done" }] });
    receiver.answer({ status: 400 });
    expect(await left(await trigger())).toMatchObject({ status: "dead", attempts: [{ statusCode: 400, failureClass: "http_status" }] });
  });

  it("has the time of a worker: an hour unless it says otherwise, a week at most", async () => {
    const target = { type: "http" as const, url: receiver.url, completion: "callback" as const };
    const ask = (timeout?: string) => cluster.ask("createJob", { body: { every: "24h", target, ...(timeout && { timeout }) } });
    expect((await ask()).body.timeout).toBe("1h");
    expect((await ask("168h")).body.timeout).toBe("168h");
    await expect(ask("169h")).rejects.toMatchObject({ code: "duration_invalid" });
  });

  it("leaves its token in no row and no event", async () => {
    const { runId, token } = await accepted({ retry: { attempts: 1 } });
    await complete(runId, token, { outcome: "failed" });
    const secret = token.split(".").at(-1) ?? "";
    const rows = await cluster.rows<{ text: string }>(
      `select (select string_agg(f::text, '') from punctual.finished_runs f) || (select string_agg(a::text, '') from punctual.attempts a) as text`,
    );
    expect(rows[0]?.text).toContain(runId);
    expect(rows[0]?.text).not.toContain(secret);
    expect(JSON.stringify(node.events)).not.toContain(secret);
  });
});

describe("any other job", () => {
  it("brings no token, and its 202 is its success", async () => {
    const runId = await trigger({ target: { type: "http", url: receiver.url } });
    expect(Object.keys(await request(runId)).filter((name) => name.includes("completion"))).toEqual([]);
    expect(await left(runId)).toMatchObject({ status: "succeeded", attempts: [{ statusCode: 202 }] });
  });
});
