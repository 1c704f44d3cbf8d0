import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { listJobs } from "../../src/store/job-list.ts";
import { createStore, type Store } from "./fixture.ts";

const jobs = 24_000;
/** Each label's jobs by number, of which the newest is the highest. */
const labelled = {
  common: "g % 5 = 0",
  few: "g % 1000 = 1",
  some: "g % 100 = 1",
  many: "g % 10 = 2",
  lately: "g > 23990 or g <= 3000",
  old: "g <= 3000",
  none: "false",
};

let store: Store;
beforeAll(async () => {
  store = await createStore();
  const stranger = await store.addTenant("stranger");
  const labels = Object.entries(labelled).map(([label, which]) => `case when ${which} then '{"${label}":"yes"}' else '{}' end::jsonb`);
  for (const [tenantId, word] of [
    [store.tenantId, "a"],
    [stranger, "b"],
  ]) {
    await store.rows(
      `with numbered as (
         select g, (lpad(to_hex(g), 12, '0') || '8' || repeat($1, 3) || '8' || repeat($1, 15))::uuid as job_id, ('x' || $1 || $1)::bit(8)::int as shard
         from generate_series(1, $2::int) g),
       jobs as (
         insert into punctual.jobs (shard, job_id, tenant_id, revision, status, definition, target_type, labels, created_at, updated_at)
         select shard, job_id, $3, 1, 'active', '{}', 'http', ${labels.join(" || ")}, now(), now() from numbered)
       insert into punctual.cursors (shard, job_id, tenant_id, revision, next_at, due_at) select shard, job_id, $3, 1, now(), now() from numbered`,
      [word, tenantId === stranger ? 500 : jobs, tenantId],
    );
  }
});
afterAll(() => store.database.drop());

const filterOf = (label: string) => ({ labels: [{ key: label, value: "yes" }] });
const plainly = async (label: string, limit: number, beforeId = "ffffffff-ffff-ffff-ffff-ffffffffffff") =>
  (
    await store.rows<{ job_id: string }>(
      "select job_id from punctual.jobs where tenant_id = $1 and labels ? $2 and job_id < $3 order by job_id desc limit $4",
      [store.tenantId, label, beforeId, limit],
    )
  ).map((row) => row.job_id);

describe("jobs by label", () => {
  const each: [keyof typeof labelled, string, number, number][] = [
    ["common", "that many of the newest have take one statement", 51, 1],
    ["few", "that few have take three", 51, 3],
    ["some", "of which the newest promise a page take two", 51, 2],
    ["many", "that many have, and too few of the newest, take two", 150, 2],
    ["lately", "of which the newest promise more than there are take five", 51, 5],
    ["old", "that thousands have and none of the newest take four", 51, 4],
    ["none", "that nobody has take three", 51, 3],
  ];
  test.each(each)("%s: those %s, and are the newest of all", async (label, _words, limit, statements) => {
    const sent = vi.spyOn(store.db, "query");
    const page = await listJobs(store.db, store.tenantId, filterOf(label), null, limit);
    expect(sent.mock.calls.length).toBe(statements);
    sent.mockRestore();
    expect(page.map((row) => row.job_id)).toEqual(await plainly(label, limit));
  });

  test.each(Object.keys(labelled))("%s: later pages go on where the last one ended, to the end", async (label) => {
    const all = await plainly(label, jobs);
    const seen: string[] = [];
    for (let more = true; more; ) {
      const page = await listJobs(store.db, store.tenantId, filterOf(label), seen.at(-1) ?? null, 900);
      seen.push(...page.map((row) => row.job_id));
      more = page.length === 900;
    }
    expect(seen).toEqual(all);
  });

  test("with a status is the same page without the others, also when nearly all are left out", async () => {
    const [first = "", second = ""] = (await plainly("common", jobs)).slice(-2);
    await store.rows("update punctual.jobs set status = 'paused' where tenant_id = $1 and job_id in ($2, $3)", [
      store.tenantId,
      first,
      second,
    ]);
    const page = await listJobs(store.db, store.tenantId, { ...filterOf("common"), status: "paused" }, null, 51);
    expect(page.map((row) => row.job_id)).toEqual([first, second]);
  });
});
