import { createHash } from "node:crypto";
import { PunctualError } from "@punctual/contract";
import { type Receiver, startReceiver } from "@punctual/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkSchema, type Migration, migrate, newestMigration, shippedMigrations } from "../../src/store/migrate.ts";
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

const known = newestMigration();
/** A migration of a later release, `ahead` of this one. */
const later = (ahead: number, sql: string, worksFrom: number | null): Migration => {
  const checksum = createHash("sha256").update(sql).digest("hex");
  return { version: known + ahead, name: `step_${ahead}`, sql, checksum, worksFrom };
};
/** Adds what this release does not know, to the tables that it writes most. */
const expands = later(
  1,
  `alter table punctual.live_runs add column novelty text not null default 'new';
   alter table punctual.finished_runs add column novelty text;
   alter table punctual.cursors add column novelty text;
   alter table punctual.jobs add column novelty jsonb not null default '{}';
   create table punctual.novelties ();`,
  known,
);
/** Takes away what this release uses. */
const contracts = later(2, "alter table punctual.live_runs rename column due_at to begins_at", known + 1);
const laterRelease = async (...more: Migration[]) => migrate(cluster.database.url, [...(await shippedMigrations()), ...more]);
const refusal = async (work: Promise<unknown>): Promise<unknown> => {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof PunctualError ? [error.code, error.message] : error;
};
const everySecond = (path: string) => ({ every: "1s", target: { type: "http" as const, url: receiver.url + path } });

describe("nodes of this release on the schema of the next", () => {
  it("go on working while it is expanded under them, and start on it", async () => {
    const first = await cluster.start();
    await cluster.createJob(everySecond("/before"), { on: first });
    await receiver.waitFor(1);
    expect(await laterRelease(expands)).toEqual({ applied: ["step_1"] });

    expect(await refusal(checkSchema(cluster.database.pool))).toBeNull();
    expect(await migrate(cluster.database.url)).toEqual({ applied: [] });
    const second = await cluster.start();
    await cluster.settled(first, second);
    await cluster.createJob(everySecond("/after"), { on: second });
    await receiver.waitFor((all) => ["/before", "/after"].every((path) => all.filter((request) => request.path === path).length >= 2), {
      timeoutMs: 15_000,
    });
    const failed = [first, second].flatMap(({ events }) => events.filter((event) => event.type === "loop_failed"));
    expect(failed).toEqual([]);
  });

  it("are named to whoever would contract it under them, and refused once it is", async () => {
    const node = await cluster.start({ name: "old-one" });
    await laterRelease(expands);
    const refused = ["nodes_too_old", `Migration ${known + 2} (step_2) takes away what these nodes still use: old-one (0.0.0).`];
    expect(await refusal(laterRelease(expands, contracts))).toEqual(refused);
    await node.stop();
    expect(await laterRelease(expands, contracts)).toEqual({ applied: ["step_2"] });
    const message = `The database has migration ${known + 2} (step_2); this version knows ${known}.`;
    expect(await refusal(checkSchema(cluster.database.pool))).toEqual(["schema_newer", message]);
    expect(await refusal(migrate(cluster.database.url))).toEqual(["schema_newer", message]);
  });

  it("are refused by a migration that does not say whom it works with", async () => {
    await laterRelease(later(1, "create table punctual.novelties ()", null));
    expect(await refusal(checkSchema(cluster.database.pool))).toEqual(["schema_newer", expect.any(String)]);
  });
});

describe("a database that older releases have set up", () => {
  it("is brought to this one, though it does not say whom its migrations work with", async () => {
    await cluster.rows("drop schema punctual cascade");
    const shipped = await shippedMigrations();
    const older = shipped.slice(
      0,
      shipped.findIndex(({ name }) => name === "rolling_upgrades"),
    );
    await migrate(cluster.database.url, older);
    await cluster.rows("alter table punctual.migrations drop column works_from");
    expect(await refusal(checkSchema(cluster.database.pool))).toEqual(["schema_missing", expect.stringContaining("rolling_upgrades")]);
    expect(await migrate(cluster.database.url)).toEqual({ applied: shipped.slice(older.length).map(({ name }) => name) });
    expect(await refusal(checkSchema(cluster.database.pool))).toBeNull();
  });
});
