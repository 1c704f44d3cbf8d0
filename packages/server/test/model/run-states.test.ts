import { readFile } from "node:fs/promises";
import { runStates, terminalRunStates } from "@punctual/contract";
import { describe, expect, test } from "vitest";
import { bornStates, isTerminal, type RunEvent, runTransitions, transition } from "../../src/model/run-states.ts";

const schema = new URL("../../src/store/migrations/0001_foundation.sql", import.meta.url);

describe("the transition table of runs", () => {
  test("knows the states of the contract, and ends where the contract says that a run ends", () => {
    expect(Object.keys(runTransitions)).toEqual([...runStates]);
    expect(runStates.filter(isTerminal)).toEqual([...terminalRunStates]);
  });

  test("leads from birth to every state, and out of every state that is not an end", () => {
    const reached = new Set<string>(bornStates);
    for (let before = 0; before < reached.size; ) {
      before = reached.size;
      for (const state of runStates) if (reached.has(state)) for (const next of Object.values(runTransitions[state])) reached.add(next);
    }
    expect([...reached].sort()).toEqual([...runStates].sort());
  });

  test("refuses what cannot happen", () => {
    expect(transition("ready", "claim")).toBe("running");
    expect(transition("running", "lose")).toBe("waiting");
    const events: RunEvent[] = ["claim", "succeed", "fail", "give_up", "lose", "hand_back", "hold", "wake", "expire", "cancel"];
    for (const state of terminalRunStates) for (const event of events) expect(transition(state, event), `${state} ${event}`).toBeNull();
    const retried = runStates.filter((state) => transition(state, "retry") !== null);
    expect(retried).toEqual(["dead", "cancelled"]);
    expect(transition("waiting", "succeed")).toBeNull();
    expect(transition("skipped", "retry")).toBeNull();
    expect(transition("succeeded", "backfill")).toBeNull();
  });

  test("is what the database enforces: live states in live_runs, ends in finished_runs", async () => {
    const sql = await readFile(schema, "utf8");
    expect(statesOf(sql, "live_runs")).toEqual(runStates.filter((state) => !isTerminal(state)));
    expect(statesOf(sql, "finished_runs")).toEqual([...terminalRunStates]);
  });
});

function statesOf(sql: string, table: string): string[] {
  const [, definition = ""] = sql.split(`create table punctual.${table} (`);
  const [, list = ""] = /state text not null check \(state in \(([^)]*)\)\)/.exec(definition) ?? [];
  return [...list.matchAll(/'(\w+)'/g)].map(([, state]) => state ?? "");
}
