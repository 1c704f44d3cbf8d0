import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { canEnter } from "../../src/boot/embedded-postgres/account.ts";
import { homePaths } from "../../src/boot/embedded-postgres/home.ts";
import { ask, isRoot, needsRoot, start, startElsewhere, temporaryFolder } from "./embedded-postgres-helpers.ts";

const nobody = { uid: 65_534, gid: 65_534 };
const unnamed = { uid: 54_321, gid: 54_321 };
const here = import.meta.dirname;

it("lends the database another account when started as root, and keeps that account for the data", async (test) => {
  test.skip(!isRoot, needsRoot);
  const dataDir = temporaryFolder();
  const first = await start({ dataDir });
  const { pgData } = homePaths(dataDir);
  const { uid } = statSync(pgData);
  expect(uid).not.toBe(0);
  expect(statSync(`/proc/${first.pid}`).uid).toBe(uid);
  expect(await ask(first.databaseUrl, "select 1 as one")).toEqual([{ one: 1 }]);
});

it("runs as an ordinary user, and root that starts it later runs it as that user too", async (test) => {
  test.skip(!isRoot, needsRoot);
  test.skip(!canEnter(nobody, here), "the project lies below a folder that only root may enter");
  const dataDir = temporaryFolder();
  chownSync(dataDir, nobody.uid, nobody.gid);
  const ordinary = await startElsewhere(dataDir, dataDir, nobody);
  expect(await ask(ordinary.answer.databaseUrl, "select 1 as one")).toEqual([{ one: 1 }]);
  ordinary.node.stdin.end();
  await ordinary.exited;

  const asRoot = await start({ dataDir });
  expect(statSync(`/proc/${asRoot.pid}`).uid).toBe(nobody.uid);
});

it("settles the data of a project that only root may enter in a reachable folder, and finds it again", async (test) => {
  test.skip(!isRoot, needsRoot);
  const closed = temporaryFolder();
  chmodSync(closed, 0o700);
  const reachableDir = temporaryFolder();
  const dataDir = join(closed, "project", ".punctual", "postgres");
  const first = await start({ dataDir, reachableDir });
  await ask(first.databaseUrl, "create table kept as select 42 as answer");
  await first.stop();
  const home = readFileSync(join(dataDir, "location"), "utf8").trim();
  expect(home.startsWith(reachableDir)).toBe(true);
  expect(existsSync(homePaths(home).pgData)).toBe(true);

  const second = await start({ dataDir, reachableDir });
  expect(await ask(second.databaseUrl, "select answer from kept")).toEqual([{ answer: 42 }]);
});

it("refuses to begin an empty database when the existing one has become unreachable", async (test) => {
  test.skip(!isRoot, needsRoot);
  const parent = temporaryFolder();
  const dataDir = join(parent, "postgres");
  await (await start({ dataDir })).stop();
  chmodSync(parent, 0o700);
  const refusal = { reason: "no_rights", remedy: expect.stringContaining("chmod o+x") as string };
  await expect(start({ dataDir, reachableDir: temporaryFolder() })).rejects.toMatchObject(refusal);
});

it("tells a user without a passwd entry what is missing", async (test) => {
  test.skip(!isRoot, needsRoot);
  test.skip(!canEnter(unnamed, here), "the project lies below a folder that only root may enter");
  const dataDir = temporaryFolder();
  chownSync(dataDir, unnamed.uid, unnamed.gid);
  const { answer } = await startElsewhere(dataDir, dataDir, unnamed);
  expect(answer).toMatchObject({ reason: "no_passwd_entry", message: expect.stringContaining("54321") as string });
});

it("tells a user who may not write the folder so", async (test) => {
  test.skip(!isRoot, needsRoot);
  test.skip(!canEnter(nobody, here), "the project lies below a folder that only root may enter");
  const dataDir = join(temporaryFolder(), "postgres");
  mkdirSync(dataDir);
  const { answer } = await startElsewhere(dataDir, dataDir, nobody);
  expect(answer).toMatchObject({ reason: "no_rights", message: expect.stringContaining(dataDir) as string });
});
