import { type ChildProcess, spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
let receiver: ChildProcess;
let lines: AsyncIterator<string>;
let url: string;

beforeAll(async () => {
  receiver = spawn(process.execPath, [fileURLToPath(new URL("receiver.mjs", import.meta.url))], {
    env: { ...process.env, SIGNING_SECRET: secret, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (!receiver.stdout) throw new TypeError("no output");
  lines = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]();
  url = (await lines.next()).value.split(" ").at(-1);
});

afterAll(async () => {
  receiver.kill();
  await once(receiver, "exit");
});

function deliver(runId: string, body: string, key = secret): Promise<Response> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const hmac = createHmac("sha256", Buffer.from(key.slice("whsec_".length), "base64")).update(`${runId}.${timestamp}.${body}`);
  return fetch(url, {
    method: "POST",
    body,
    headers: {
      "webhook-id": runId,
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${hmac.digest("base64")}`,
      "punctual-job-id": randomUUID(),
      "punctual-attempt": "1",
      "punctual-nominal-time": "2027-03-01T09:00:00.000Z",
    },
  });
}

test("the example receiver takes a signed webhook and makes a repeated run's effect once", async () => {
  const runId = randomUUID();
  expect((await deliver(runId, '{"n":1}')).status).toBe(204);
  expect((await deliver(runId, '{"n":1}')).status).toBe(204);
  expect((await deliver(randomUUID(), '{"n":2}')).status).toBe(204);
  expect((await lines.next()).value).toContain('{"n":1}');
  expect((await lines.next()).value).toContain('{"n":2}');
});

test("the example receiver refuses what another secret signed", async () => {
  const response = await deliver(randomUUID(), "{}", `whsec_${Buffer.alloc(32, 8).toString("base64")}`);
  expect(response.status).toBe(401);
  expect(await response.text()).toBe("signature_mismatch");
});
