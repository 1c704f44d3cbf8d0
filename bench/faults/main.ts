// `npm run faults`: faults on real processes, and a verdict. docs/operating/faults.md says how to read it.
import { createCleanup, interruption } from "../lib/cleanup.ts";
import { type Options, readOptions, usage } from "./options.ts";
import { scenarios } from "./registry.ts";
import { listText, reportText } from "./report.ts";
import { playScenario, type Result } from "./run.ts";
import type { Scenario } from "./scenario.ts";

const exitOk = 0;
const exitNotOk = 1;
const exitUsage = 2;

// Progress goes to standard error, so that standard output is the result and nothing else.
const say = (line: string): void => console.error(`${new Date().toISOString().slice(11, 23)} ${line}`);

async function play(scenario: Scenario, options: Options, signal: AbortSignal): Promise<Result> {
  const cleanup = createCleanup(say);
  try {
    const seconds = options.seconds ?? scenario.seconds;
    return await playScenario(scenario, { ...options, seconds }, cleanup, say, signal);
  } finally {
    await cleanup.run();
  }
}

async function playAll(chosen: readonly Scenario[], options: Options): Promise<number> {
  const signal = interruption();
  const results: Result[] = [];
  try {
    for (const scenario of chosen) {
      const result = await play(scenario, options, signal);
      results.push(result);
      if (!options.json) process.stdout.write(reportText(result));
    }
    if (options.json) process.stdout.write(`${JSON.stringify(options.scenario === "all" ? results : results[0], null, 2)}\n`);
    return results.every((result) => result.ok) ? exitOk : exitNotOk;
  } catch (error) {
    say(signal.aborted ? String(signal.reason) : error instanceof Error ? (error.stack ?? error.message) : String(error));
    return exitNotOk;
  }
}

function optionsOrNull(): Options | null {
  try {
    const options = readOptions(process.argv.slice(2));
    if (options.scenario === "list" || chosenBy(options).length > 0) return options;
    throw new Error(`There is no scenario ${options.scenario}. There are: ${scenarios.map(({ name }) => name).join(", ")}.`);
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return null;
  }
}

function chosenBy({ scenario }: Options): readonly Scenario[] {
  return scenario === "all" ? scenarios.filter(({ replicated = false }) => !replicated) : scenarios.filter(({ name }) => name === scenario);
}

/** Those of `chosen` that this machine can play; says of the others why it cannot. */
function playable(chosen: readonly Scenario[], options: Options): Scenario[] {
  return chosen.filter(({ name, needs }) => {
    const missing = needs?.(options) ?? null;
    if (missing !== null) say(`${name} cannot be shown here: ${missing}`);
    return missing === null;
  });
}

const options = optionsOrNull();
if (options === null) process.exitCode = exitUsage;
else if (options.scenario === "list") process.stdout.write(listText(scenarios));
else {
  const chosen = playable(chosenBy(options), options);
  process.exitCode = chosen.length > 0 ? await playAll(chosen, options) : exitNotOk;
}
