import { createHash, randomBytes } from "node:crypto";
import { PunctualError } from "@punctual/contract";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CommandContext } from "../../src/commands/operation.ts";
import { answerOnce, type Result } from "../../src/http/answer-once.ts";
import { createCipher } from "../../src/store/secrets.ts";
import { createStore, type Store } from "../store/fixture.ts";
import { jobAnswer, someJobId, takeName } from "./fixture.ts";

let store: Store;
let places = 0;
const woken: number[] = [];
const calls: string[] = [];

beforeAll(async () => {
  store = await createStore();
});
afterAll(() => store.database.drop());
beforeEach(() => {
  woken.length = 0;
  calls.length = 0;
});

type Work = (context: CommandContext) => Promise<Result>;

/** In the same turn of the event loop as others, so that they are carried out together. */
function create(name: string, key = name, work: Work = make(name)) {
  const cipher = createCipher(randomBytes(32));
  const context = { tenantId: store.tenantId, actor: "test", cipher, wake: (shard: number) => void woken.push(shard) };
  const request = { operationId: "createJob" as const, key, fingerprint: createHash("sha256").update(key).digest() };
  return answerOnce(store.db, context, request, work);
}

function make(name: string, after: () => void = () => undefined): Work {
  return async (context) => {
    calls.push(name);
    context.wake(++places);
    await takeName(context, name, someJobId);
    after();
    return { status: 201, body: jobAnswer(name) };
  };
}

const refuse = () => {
  throw new PunctualError("name_taken", "Another job has this name.");
};
const breakDown = () => {
  throw new TypeError("a defect");
};

const jobIdOf = ({ result }: Awaited<ReturnType<typeof create>>) => (result.body as { jobId: string }).jobId;
const names = async () => (await store.rows<{ name: string }>("select name from punctual.job_names")).map(({ name }) => name);
const transactions = async (keys: string[]) =>
  (await store.rows("select distinct xmin::text from punctual.idempotency where key = any($1)", [keys])).length;

describe("requests with keys that come at once", () => {
  it("are one transaction, and each has its own answer, that time and every other", async () => {
    const keys = ["one", "two", "three"];
    const first = await Promise.all(keys.map((key) => create(key)));
    expect(first.map(jobIdOf)).toEqual(keys);
    expect(await transactions(keys)).toBe(1);
    expect(woken).toHaveLength(3);
    const again = await Promise.all(keys.map((key) => create(key)));
    expect(again.map((answer) => [jobIdOf(answer), answer.replayed])).toEqual(keys.map((key) => [key, true]));
    expect(calls).toEqual(keys);
  });

  it("are carried out without the one that is refused, which leaves its refusal and nothing else", async () => {
    const [left, refusal, right] = await Promise.allSettled([create("left"), create("no", "no", make("no", refuse)), create("right")]);
    expect([left.status, right.status]).toEqual(["fulfilled", "fulfilled"]);
    expect(refusal).toMatchObject({ reason: { code: "name_taken" } });
    expect(await transactions(["left", "no", "right"])).toBe(1);
    expect(await names()).toEqual(expect.arrayContaining(["left", "right"]));
    expect(await names()).not.toContain("no");
    expect(woken).toHaveLength(2);
    await expect(create("no")).rejects.toMatchObject({ code: "name_taken" });
  });

  it("are spared by the one that fails through no fault of theirs, which may come again", async () => {
    const [good, broken] = await Promise.allSettled([create("good"), create("broken", "broken", make("broken", breakDown))]);
    expect([good.status, broken]).toMatchObject(["fulfilled", { reason: new TypeError("a defect") }]);
    expect(await names()).not.toContain("broken");
    expect((await create("broken")).replayed).toBe(false);
  });

  it("are spared by the one whose statement the database refuses", async () => {
    const same = await Promise.allSettled([create("name", "earlier"), create("name", "later"), create("other")]);
    expect(same.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((await names()).filter((name) => ["name", "other"].includes(name)).sort()).toEqual(["name", "other"]);
  });

  it("have a key each: the second of the same is told to wait, and is not carried out", async () => {
    const [first, second] = await Promise.allSettled([create("same"), create("same")]);
    expect(first).toMatchObject({ value: { replayed: false } });
    expect(second).toMatchObject({ reason: { code: "idempotency_in_flight" } });
    expect(calls).toEqual(["same"]);
  });
});
