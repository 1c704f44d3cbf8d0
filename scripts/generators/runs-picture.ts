import { readFile } from "node:fs/promises";
import { bornStates, type RunEvent, runTransitions } from "../../packages/server/src/model/run-states.ts";

const path = "docs/concepts/runs.md";
const opening = "```mermaid\nstateDiagram-v2\n";
const closing = "\n```\n";

/** The picture of a run's life, drawn from the one transition table; the rest of the page is written by people. */
export async function generate(): Promise<{ path: string; content: string }[]> {
  const page = await readFile(new URL(`../../${path}`, import.meta.url), "utf8");
  const from = page.indexOf(opening);
  const to = page.indexOf(closing, from);
  if (from < 0 || to < 0) throw new Error(`${path} has no state diagram to draw into`);
  return [{ path, content: page.slice(0, from) + opening + picture() + page.slice(to) }];
}

function picture(): string {
  const births = bornStates.map((state) => `  [*] --> ${state}: fire`);
  const moves = Object.entries(runTransitions).flatMap(([state, events]) =>
    (Object.entries(events) as [RunEvent, string][]).map(([event, next]) => `  ${state} --> ${next}: ${event}`),
  );
  return [...births, ...moves].join("\n");
}
