import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { createTestDatabase, eventually, type Receiver, startReceiver, type TestDatabase } from "@punctual/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { api, dataFolder, type NodeProcess, startProcess } from "./node-process.ts";

let database: TestDatabase;
let receiver: Receiver;
let folder: ReturnType<typeof dataFolder>;
let running: NodeProcess[];

beforeEach(async () => {
  running = [];
  folder = dataFolder();
  [database, receiver] = await Promise.all([createTestDatabase(), startReceiver()]);
});
afterEach(async () => {
  for (const { child } of running) child.kill("SIGKILL");
  await Promise.all(running.map(({ exited }) => exited));
  await receiver.stop();
  await database.drop();
  folder.remove();
});

/** `punctual dev` on the test's database; all share a data folder, as nodes on one machine do. */
const dev = (options: { flags?: string[]; url?: string; env?: Record<string, string> } = {}): NodeProcess => {
  const node = startProcess(["dev", "--port", "0", "--data-dir", folder.path, ...(options.flags ?? [])], {
    ...options.env,
    DATABASE_URL: options.url ?? database.url,
  });
  running.push(node);
  return node;
};
const shardsOwned = async (): Promise<number[]> => {
  const { rows } = await database.pool.query<{ count: number }>(
    "select count(*)::int from punctual.shards s join punctual.nodes n on n.node_id = s.owner where n.lease_until > punctual.clock() group by owner",
  );
  return rows.map(({ count }) => count);
};
const spread = (nodes: number) =>
  eventually(async () => (await shardsOwned()).join() === Array.from({ length: nodes }, () => 256 / nodes).join(), { timeoutMs: 10_000 });

describe("SIGTERM", () => {
  it("lets what runs finish, hands back what does not, and ends with 0 and nothing left", async () => {
    const node = dev({ flags: ["--drain-timeout", "1s"] });
    const url = await node.serving;
    receiver.answer(({ path }) => (path === "/slow" ? { delayMs: 700 } : { refuse: "hang" }));
    const jobs = ["slow", "hangs"].map((path) => ({
      runAt: new Date().toISOString(),
      target: { type: "http", url: `${receiver.url}/${path}` },
    }));
    for (const job of jobs) await api(url, folder.apiKey(), "POST", "/v1/jobs", job);
    await receiver.waitFor(2);
    node.child.kill("SIGTERM");
    expect(await node.exited).toBe(0);
    const { rows: finished } = await database.pool.query("select state from punctual.finished_runs");
    expect(finished).toEqual([{ state: "succeeded" }]);
    const { rows: live } = await database.pool.query("select state, holder, attempt from punctual.live_runs");
    expect(live).toEqual([{ state: "waiting", holder: null, attempt: 1 }]);
    const { rows: left } = await database.pool.query(
      "select from punctual.nodes where buried_at is null union all select from punctual.shards where owner is not null",
    );
    expect(left).toEqual([]);
    expect(node.output()).not.toMatch(/"level":(50|60)/);
  });

  it("while starting ends the node as soon as it has started", async () => {
    const node = dev();
    await eventually(() => node.child.pid !== undefined && folder.apiKey() !== "", { timeoutMs: 10_000 });
    node.child.kill("SIGTERM");
    expect(await node.exited).toBe(0);
  });
});

describe("the log at its most talkative", () => {
  it("never holds a key, a signing secret, a payload or an answer, whatever goes wrong", async () => {
    const node = dev({ flags: ["--log-level", "debug"] });
    const url = await node.serving;
    receiver.answer({ status: 500, body: "answer-of-the-target\u0000" });
    const target = { type: "http", url: `${receiver.url}/`, headers: { authorization: "header-of-the-job" }, signing: "own" };
    const job = { runAt: new Date().toISOString(), target, payload: "payload-of-the-job" };
    const created = await api(url, folder.apiKey(), "POST", "/v1/jobs", job);
    await receiver.waitFor(1);
    await expect(api(url, "pk_wrong-key", "GET", "/v1/jobs")).rejects.toThrow("401");
    await expect(api(url, folder.apiKey(), "POST", "/v1/jobs", { ...job, surprise: 1 })).rejects.toThrow("422");
    await database.pool
      .query("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
      .catch(() => {});
    await eventually(() => /"loop":/.test(node.output()) || /wake-ups is lost/.test(node.output()));
    node.child.kill("SIGTERM");
    await node.exited;
    const lines = node
      .output()
      .split("\n")
      .filter((line) => line.startsWith("{"));
    expect(lines.length).toBeGreaterThan(5);
    const secrets = [
      folder.apiKey(),
      folder.read("signing-secret"),
      folder.read("encryption-key"),
      String(created.signingSecret),
      "pk_wrong-key",
    ];
    for (const secret of [...secrets, "payload-of-the-job", "answer-of-the-target", "header-of-the-job"]) {
      expect(secret.length).toBeGreaterThan(8);
      expect(lines.filter((line) => line.includes(secret))).toEqual([]);
    }
  });
});

describe("kill -9", () => {
  it("of one of two nodes delays no occurrence by five seconds", async () => {
    const [first, second] = [dev(), dev()];
    const url = await first.serving;
    await second.serving;
    await spread(2);
    for (let n = 0; n < 16; n++) {
      await api(url, folder.apiKey(), "POST", "/v1/jobs", { every: "1s", target: { type: "http", url: `${receiver.url}/${n}` } });
    }
    await receiver.waitFor(32);
    second.child.kill("SIGKILL");
    const killedMs = Date.now();
    await eventually(async () => (await shardsOwned()).join() === "256", { timeoutMs: 10_000 });
    const seen = receiver.requests.length;
    await receiver.waitFor(seen + 32);
    const lags = receiver.requests
      .filter(({ receivedAtMs }) => receivedAtMs > killedMs)
      .map(({ headers, receivedAtMs }) => receivedAtMs - Date.parse(String(headers["punctual-nominal-time"])));
    expect(Math.max(...lags)).toBeLessThan(5_000);
    const perJob = new Map<string, number[]>();
    for (const { path, headers } of receiver.requests) {
      const times = perJob.get(path) ?? [];
      perJob.set(path, [...times, Date.parse(String(headers["punctual-nominal-time"]))]);
    }
    for (const times of perJob.values()) {
      const distinct = [...new Set(times)].sort((a, b) => a - b);
      expect(distinct.map((at) => at - (distinct[0] ?? 0))).toEqual(distinct.map((_, index) => index * 1_000));
    }
  });
});

describe("a machine whose clock is an hour ahead", () => {
  it("signs with the database's time, as receivers refuse what is minutes off", async () => {
    const ahead = encodeURIComponent("const now = Date.now; Date.now = () => now() + 3_600_000;");
    const node = dev({ env: { NODE_OPTIONS: `--import=data:text/javascript,${ahead}` } });
    const url = await node.serving;
    const target = { type: "http", url: `${receiver.url}/` };
    await api(url, folder.apiKey(), "POST", "/v1/jobs", { runAt: new Date().toISOString(), target });
    const [request] = await receiver.waitFor(1);
    const sentMs = Number(request?.headers["webhook-timestamp"]) * 1_000;
    expect(Math.abs(sentMs - Date.now())).toBeLessThan(60_000);
    // Told with a renewal: that its clock was wrong at all.
    const isAhead = "select from punctual.nodes where clock_offset_ms > 3_000_000";
    await eventually(async () => (await database.pool.query(isAhead)).rowCount === 1);
  });
});

describe("a node that cannot start says why in one sentence, and ends with", () => {
  const refused = async (node: NodeProcess): Promise<string> => `${await node.exited}: ${node.output()}`;

  it("10 when the port is busy, having taken no shard", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const node = startProcess(["dev", "--port", String(port), "--data-dir", folder.path], { DATABASE_URL: database.url });
      expect(await refused(node)).toMatch(new RegExp(`^10: .*Something listens on 127\\.0\\.0\\.1:${port} already`, "s"));
    } finally {
      server.close();
    }
    expect(await shardsOwned()).toEqual([]);
  });

  it("11 when the database cannot be reached, or does not let us in", async () => {
    const wrong = new URL(database.url);
    wrong.username = "punctual_stranger";
    wrong.password = "wrong";
    const missing = new URL(database.url);
    missing.pathname = "/punctual_no_such_database";
    const [nobody, stranger, absent] = await Promise.all(
      ["postgres://punctual@127.0.0.1:1/none", wrong.href, missing.href].map((url) => refused(dev({ url }))),
    );
    expect(nobody).toMatch(/^11: .*does not answer/s);
    expect(stranger).toMatch(/^11: .*refuses the connection/s);
    expect(absent).toMatch(/^11: .*refuses the connection.*punctual_no_such_database/s);
    expect(stranger).not.toContain("wrong");
  });

  it("14 when the role lacks a right", async () => {
    await database.pool.query("create role punctual_powerless login password 'known'");
    const url = new URL(database.url);
    url.username = "punctual_powerless";
    url.password = "known";
    try {
      expect(await refused(dev({ url: url.href }))).toMatch(/^14: .*lacks a right/s);
    } finally {
      await database.pool.query("drop role punctual_powerless");
    }
  });

  it("17 when the key is missing or not the one the database was set up with, 12 when the schema is missing", async () => {
    const node = dev();
    await node.serving;
    node.child.kill("SIGTERM");
    await node.exited;
    const start = (env: Record<string, string>) => {
      const other = startProcess(["start", "--port", "0"], { DATABASE_URL: database.url, ...env });
      running.push(other);
      return refused(other);
    };
    const otherKey = Buffer.alloc(32, 7).toString("base64");
    const [none, other] = await Promise.all([start({}), start({ PUNCTUAL_ENCRYPTION_KEY: otherKey })]);
    expect(none).toMatch(/^17: .*needs the key/s);
    expect(other).toMatch(/^17: .*another key/s);
    expect(other).not.toContain(otherKey);
    await database.pool.query("drop schema punctual cascade");
    expect(await start({ PUNCTUAL_ENCRYPTION_KEY: otherKey })).toMatch(/^12: .*lacks/s);
  });
});
