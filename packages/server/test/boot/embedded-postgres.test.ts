import { spawn } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { homePaths } from "../../src/boot/embedded-postgres/home.ts";
import { inspectPostmaster } from "../../src/boot/embedded-postgres/postmaster.ts";
import { lookUpProcess } from "../../src/boot/embedded-postgres/process-lookup.ts";
import { stopPostmaster } from "../../src/boot/embedded-postgres/stop.ts";
import {
  afterwards,
  ask,
  databaseAccount,
  killHard,
  killTerminal,
  start,
  startElsewhere,
  temporaryFolder,
} from "./embedded-postgres-helpers.ts";

it("starts a durable server on the loopback, keeps its data over a restart, and leaves no process behind", async () => {
  const dataDir = temporaryFolder();
  const first = await start({ dataDir, settings: { fsync: "on" } });
  expect(first).toMatchObject({ reused: false, version: expect.stringMatching(/^18\./) as string });
  const durability =
    "select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit, current_setting('data_checksums') as checksums";
  expect(await ask(first.databaseUrl, durability)).toEqual([{ fsync: "on", commit: "on", checksums: "on" }]);
  await ask(first.databaseUrl, "create table kept as select 42 as answer");
  await first.stop();
  expect(lookUpProcess(first.pid)).toBeUndefined();

  const second = await start({ dataDir });
  expect(second.reused).toBe(false);
  expect(second.databaseUrl).toBe(first.databaseUrl);
  expect(await ask(second.databaseUrl, "select answer from kept")).toEqual([{ answer: 42 }]);
});

it("asks for a password that only the owner of the folder can read", async () => {
  const dataDir = temporaryFolder();
  const database = await start({ dataDir });
  const withoutPassword = database.databaseUrl.replace(/:[^:@]+@/, "@");
  await expect(ask(withoutPassword, "select 1")).rejects.toThrow(/password/);
  expect(statSync(homePaths(dataDir).password).mode & 0o777).toBe(0o600);
  expect(statSync(homePaths(dataDir).pgData).mode & 0o777).toBe(0o700);
});

it("takes another port when its own is busy", async () => {
  const dataDir = temporaryFolder();
  const first = await start({ dataDir });
  await first.stop();
  const intruder = createServer().listen(Number(new URL(first.databaseUrl).port), "127.0.0.1");
  afterwards(() => intruder.close());
  const second = await start({ dataDir });
  expect(new URL(second.databaseUrl).port).not.toBe(new URL(first.databaseUrl).port);
  expect(await ask(second.databaseUrl, "select 1 as one")).toEqual([{ one: 1 }]);
});

it("is shared by all who start it at once, and stopped by the last of them", async () => {
  const dataDir = temporaryFolder();
  const all = await Promise.all([start({ dataDir }), start({ dataDir }), startElsewhere(dataDir, dataDir)]);
  const [here, alsoHere, elsewhere] = all;
  expect(new Set([here.pid, alsoHere.pid, elsewhere.answer.pid]).size).toBe(1);
  expect([here, alsoHere, elsewhere.answer].filter((database) => !database.reused)).toHaveLength(1);

  await here.stop();
  await alsoHere.stop();
  expect(await ask(elsewhere.answer.databaseUrl, "select 1 as one")).toEqual([{ one: 1 }]);
  elsewhere.node.stdin.end();
  await elsewhere.exited;
  expect(lookUpProcess(here.pid)).toBeUndefined();
});

it("reuses the server that a killed terminal left behind, and stops it in its stead", async () => {
  const dataDir = temporaryFolder();
  const killed = await startElsewhere(dataDir, dataDir);
  await killTerminal(killed.node);
  expect(lookUpProcess(killed.answer.pid)).toBeDefined();

  const heir = await start({ dataDir });
  expect(heir).toMatchObject({ reused: true, pid: killed.answer.pid, databaseUrl: killed.answer.databaseUrl });
  await heir.stop();
  expect(lookUpProcess(heir.pid)).toBeUndefined();
});

it("starts a new server after the old one was killed, and recovers what was committed", async () => {
  const dataDir = temporaryFolder();
  const first = await start({ dataDir, settings: { fsync: "on" } });
  await ask(first.databaseUrl, "create table kept as select 42 as answer");
  process.kill(first.pid, "SIGKILL");
  const second = await start({ dataDir });
  expect(second).toMatchObject({ reused: false });
  expect(await ask(second.databaseUrl, "select answer from kept")).toEqual([{ answer: 42 }]);
});

it("is not misled by a left-over postmaster.pid whose pid another process has now", async () => {
  const dataDir = temporaryFolder();
  const { pgData } = homePaths(dataDir);
  const pidFile = join(pgData, "postmaster.pid");
  const first = await start({ dataDir });
  const pidLines = readFileSync(pidFile, "utf8").split("\n");
  await first.stop();

  // Of the same user as the server: that is the case PostgreSQL itself cannot tell from a running server.
  const stranger = spawn("sleep", ["600"], { stdio: "ignore", ...databaseAccount() });
  afterwards(() => killHard(stranger));
  writeFileSync(pidFile, [stranger.pid, ...pidLines.slice(1)].join("\n"));
  expect(inspectPostmaster(pgData)).toEqual({ kind: "none", recycledPid: stranger.pid });

  const second = await start({ dataDir });
  expect(second.reused).toBe(false);
  expect(second.pid).not.toBe(stranger.pid);
  await second.stop();
  expect(lookUpProcess(Number(stranger.pid))).toBeDefined();
});

it("touches nothing when a live process in the folder is not the server that was recorded", async () => {
  const dataDir = temporaryFolder();
  const { pgData } = homePaths(dataDir);
  const pidFile = join(pgData, "postmaster.pid");
  const first = await start({ dataDir });
  const recorded = readFileSync(pidFile, "utf8");
  const [pid, folder, startedAt, ...rest] = recorded.split("\n");
  writeFileSync(pidFile, [pid, folder, Number(startedAt) - 3_600, ...rest].join("\n"));
  await expect(start({ dataDir })).rejects.toMatchObject({
    reason: "locked",
    remedy: expect.stringContaining(`kill -INT ${pid}`) as string,
  });
  writeFileSync(pidFile, recorded);
  expect(await ask(first.databaseUrl, "select 1 as one")).toEqual([{ one: 1 }]);
});

it("refuses the data of another major version and names both", async () => {
  const dataDir = temporaryFolder();
  await (await start({ dataDir })).stop();
  writeFileSync(join(homePaths(dataDir).pgData, "PG_VERSION"), "17\n");
  const refusal = { reason: "data_version_mismatch", message: expect.stringMatching(/PostgreSQL 17.*PostgreSQL 18/) as string };
  await expect(start({ dataDir })).rejects.toMatchObject(refusal);
});

it("says what PostgreSQL itself says when it does not start, and keeps nothing running", async () => {
  const dataDir = temporaryFolder();
  const refusal = { reason: "not_starting", message: expect.stringContaining("no_such_setting") as string };
  await expect(start({ dataDir, settings: { no_such_setting: "1" } })).rejects.toMatchObject(refusal);
  await stopPostmaster(homePaths(dataDir).pgData);
  expect((await start({ dataDir })).reused).toBe(false);
});
