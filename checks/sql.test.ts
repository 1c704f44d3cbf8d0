import { describe, expect, it } from "vitest";
import { findForeignSql, findSessionState } from "./lib/sql.ts";
import { readTree } from "./lib/tree.ts";
import { formatViolations } from "./lib/violation.ts";

const inEngine = (text: string) => [{ path: "packages/server/src/engine/planted.ts", text }];

describe("only store speaks SQL", () => {
  it("holds in this repository", () => {
    expect(formatViolations(findForeignSql(readTree()))).toEqual([]);
  });

  it.each([
    ['const text = "select run_id from live_runs";'],
    ["const text = `\n  select *\n  from ${table}\n`;"],
    ['const text = "insert into jobs values (1)";'],
    ['const text = "update jobs set name = $1";'],
    ['const text = "delete from jobs";'],
    ['const text = "drop table jobs";'],
    ["await pool.query(text);"],
  ])("notices %s", (text) => {
    expect(findForeignSql(inEngine(text))).toHaveLength(1);
    expect(findForeignSql([{ path: "packages/server/src/store/planted.ts", text }])).toEqual([]);
  });

  it.each([
    ['const remedy = "Select a job from the list.";'],
    ['const title = "Update the job";'],
    ["// select * from jobs would sort the backlog\nexport const one = 1;"],
    ["const { query } = request;"],
  ])("accepts %s", (text) => {
    expect(findForeignSql(inEngine(text))).toEqual([]);
  });
});

describe("the store leaves nothing to a session", () => {
  const inStore = (text: string) => [{ path: "packages/server/src/store/planted.ts", text }];

  it("holds in this repository", () => {
    expect(formatViolations(findSessionState(readTree()))).toEqual([]);
  });

  it.each([
    ['const text = "set jit = off";'],
    ['const text = "set local jit = off; set enable_sort = off";'],
    ["const text = `listen ${channel}`;"],
    ['const text = "select pg_try_advisory_lock($1)";'],
  ])("notices %s", (text) => {
    expect(findSessionState(inStore(text))).toHaveLength(1);
  });

  it.each([
    ['const text = "set local jit = off";'],
    ['const text = "select pg_advisory_xact_lock($1)";'],
    ['const text = "update punctual.jobs\\n set name = $1";'],
  ])("accepts %s", (text) => {
    expect(findSessionState(inStore(text))).toEqual([]);
  });
});
