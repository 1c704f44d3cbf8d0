import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually, type Receiver, startReceiver, watchResources } from "../src/index.ts";

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.stop());

it("keeps what it was sent and lets the test wait for it", async () => {
  const arrived = receiver.waitFor(2);
  await fetch(`${receiver.url}/a?b=1`, { method: "POST", headers: { "x-tag": "one", connection: "close" }, body: "first" });
  await fetch(`${receiver.url}/c`);
  expect(await arrived).toMatchObject([
    { method: "POST", path: "/a?b=1", headers: { "x-tag": "one" }, body: "first" },
    { method: "GET", path: "/c", body: "" },
  ]);
  expect(receiver.connectionCount()).toBe(2);
});

it("names what did arrive when the wait is over", async () => {
  await fetch(`${receiver.url}/only`);
  await expect(receiver.waitFor(2, { timeoutMs: 20 })).rejects.toThrow("expected 2 requests within 20 ms, got 1: GET /only");
});

it("answers as it is told: status, headers, body, size, pieces", async () => {
  receiver.answer(({ path }) =>
    path === "/big" ? { body: { bytes: 300_000 } } : { status: 503, headers: { "retry-after": "7" }, body: "later" },
  );
  const refused = await fetch(receiver.url);
  expect([refused.status, refused.headers.get("retry-after"), await refused.text()]).toEqual([503, "7", "later"]);
  expect(await (await fetch(`${receiver.url}/big`)).text()).toHaveLength(300_000);
  receiver.answer({ body: "drop by drop", drip: { bytes: 5, pauseMs: 1 } });
  expect(await (await fetch(receiver.url)).text()).toBe("drop by drop");
});

it("can hang and reset, and stops all the same", async () => {
  receiver.answer({ refuse: "reset" });
  await expect(fetch(receiver.url)).rejects.toThrow();
  receiver.answer({ refuse: "hang" });
  const hanging = fetch(receiver.url);
  hanging.catch(() => undefined);
  await receiver.waitFor(2);
  await receiver.stop();
  await expect(hanging).rejects.toThrow();
});

it("repeats a condition until it holds, and fails with its last words", async () => {
  let tries = 0;
  expect(await eventually(() => ++tries === 3 && "third", { everyMs: 1 })).toBe("third");
  const never = () => Promise.reject(new Error("not yet"));
  await expect(eventually(never, { timeoutMs: 5, everyMs: 1 })).rejects.toThrow("not yet");
});

it("notices a socket that was left open", async () => {
  const resources = watchResources();
  const socket = connect(Number(new URL(receiver.url).port), "127.0.0.1");
  await once(socket, "connect");
  await expect(resources.assertReleased()).rejects.toThrow(/TCPSocketWrap/);
  socket.destroy();
  await resources.assertReleased();
});
