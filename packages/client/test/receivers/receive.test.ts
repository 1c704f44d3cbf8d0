import { expect, it } from "vitest";
import { createReceive } from "../../src/receivers/receive.ts";
import { secret, signedHeaders } from "../lib/webhook-sender.ts";

const body = "{}";

it("attempts of one run that meet share one call of onRun, and its outcome", async () => {
  const ends: ((output: string) => void)[] = [];
  const receive = createReceive({ secrets: [secret], onRun: () => new Promise<string>((resolve) => void ends.push(resolve)) });
  const attempts = ["run-1", "run-1", "run-2"].map((runId) => receive(signedHeaders(runId, body), body));
  expect(ends.length).toBe(2);
  ends.forEach((end, index) => end(`output ${index}`));
  expect((await Promise.all(attempts)).map((answer) => answer.body)).toEqual(["output 0", "output 0", "output 1"]);
});

it("an attempt after a failed one calls onRun again, and so does one after a success that nobody recorded", async () => {
  let calls = 0;
  const receive = createReceive({
    secrets: [secret],
    onRun: () => {
      if (++calls === 1) throw new Error("no mail server");
    },
  });
  const attempt = () => receive(signedHeaders("run-1", body), body);
  await expect(attempt()).rejects.toThrow("no mail server");
  expect((await attempt()).status).toBe(204);
  expect((await attempt()).status).toBe(204);
  expect(calls).toBe(3);
});

it("what seen rejects with fails the attempt: whether the effect was made is then unknown", async () => {
  const receive = createReceive({ secrets: [secret], onRun: () => "made", seen: () => Promise.reject(new Error("database away")) });
  await expect(receive(signedHeaders("run-1", body), body)).rejects.toThrow("database away");
});
