// `npm run bench`: what Punctual carries, scenario by scenario, on real processes. README.md in the folder above says what each measures and how to read it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cleanup, createCleanup, interruption } from "../lib/cleanup.ts";
import { writeCoefficients } from "./coefficients.ts";
import { describeMachine, readLoad } from "./machine.ts";
import { type Call, readCall, refusalOf, usage } from "./options.ts";
import { drawFlames } from "./profile/profile.ts";
import { profileSuffix, publishProfiles } from "./profile/publish-profiles.ts";
import { publish } from "./publish.ts";
import type { Figures, Result, Scenario } from "./scenario.ts";
import { api } from "./scenarios/api.ts";
import { engine } from "./scenarios/engine.ts";
import { herd } from "./scenarios/herd.ts";
import { http } from "./scenarios/http.ts";
import { lag } from "./scenarios/lag.ts";
import { limit } from "./scenarios/limit.ts";
import { peersScenario } from "./scenarios/peers.ts";
import { pinned } from "./scenarios/pinned.ts";
import { size } from "./scenarios/size.ts";
import { worker } from "./scenarios/worker.ts";

const scenarios: readonly Scenario[] = [engine, limit, http, worker, lag, herd, size, pinned, api, peersScenario];

const exitFailed = 1;
const exitUsage = 2;

// Progress goes to standard error, so that standard output is the result and nothing else.
const say = (line: string): void => console.error(line);

async function measure(scenario: Scenario, { options, json, out }: Call): Promise<number> {
  const cleanup = createCleanup(say);
  const signal = interruption();
  try {
    const loadBefore = readLoad();
    const profiles = options.profile ? makeProfilesFolder(cleanup) : null;
    const found = await scenario.run({ options, profiles, cleanup, signal, say });
    const facts = { scenario: scenario.name, at: new Date().toISOString(), machine: describeMachine(found.postgres, loadBefore) };
    const result: Result = { ...facts, ...found };
    mkdirSync(out, { recursive: true });
    // Profiling costs: such a result does not stand among the others.
    const path = join(out, `${nameOf(result)}${profiles === null ? "" : profileSuffix}`);
    writeFileSync(`${path}.json`, `${JSON.stringify(result, null, 2)}\n`);
    const flames =
      profiles && found.profile && drawFlames(profiles, `${nameOf(result)}: where the CPU time of its nodes goes`, found.profile);
    if (flames) writeFileSync(`${path}.svg`, flames);
    process.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : linesOf(result));
    return 0;
  } catch (error) {
    say(signal.aborted ? String(signal.reason) : error instanceof Error ? (error.stack ?? error.message) : String(error));
    return exitFailed;
  } finally {
    await cleanup.run();
  }
}

function makeProfilesFolder(cleanup: Cleanup): string {
  const folder = mkdtempSync(join(tmpdir(), "punctual-profiles-"));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Variants of a scenario keep their results apart. */
function nameOf({ scenario, ready, nodes }: Result): string {
  return [scenario, ready === true ? "ready" : "", typeof nodes === "number" && nodes > 1 ? `${nodes}-nodes` : ""]
    .filter(Boolean)
    .join("-");
}

function linesOf(result: Result): string {
  const steps: (Figures & { step?: string })[] = result.steps ?? [result];
  const say = (figures: Figures & { step?: string }): string => {
    const { runsPerSecond, lagMs, cpuSeconds, memoryMb, walBytesPerRun, seconds } = figures;
    return [
      figures.step ?? result.scenario,
      runsPerSecond === null ? "" : `${runsPerSecond.toLocaleString("en-US")} runs/s`,
      lagMs === null ? "" : `lag p50 ${lagMs.p50} p99 ${lagMs.p99} p99.9 ${lagMs.p999} max ${lagMs.max} ms`,
      cpuSeconds === null ? "" : `${cpuSeconds.node} s node and ${cpuSeconds.database ?? "?"} s database CPU in ${seconds} s`,
      memoryMb === null ? "" : `${memoryMb.node} MB a node`,
      walBytesPerRun === null ? "" : `${walBytesPerRun} bytes of log a run`,
    ]
      .filter(Boolean)
      .join(", ");
  };
  return `${steps.map(say).join("\n")}\n`;
}

function list(): number {
  for (const { name, purpose } of scenarios) process.stdout.write(`${name.padEnd(8)}${purpose}\n`);
  return 0;
}

function write(files: () => string[]): number {
  try {
    process.stdout.write(`${files().join("\n")}\n`);
    return 0;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return exitFailed;
  }
}

async function main(): Promise<number> {
  let call: Call;
  try {
    call = readCall(process.argv.slice(2));
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return exitUsage;
  }
  if (call.scenario === "list") return list();
  if (call.scenario === "table") return write(() => [...publish(call.from, "."), ...publishProfiles(call.from, ".")]);
  if (call.scenario === "coefficients") return write(() => [writeCoefficients(call.from, ".")]);
  const scenario = scenarios.find(({ name }) => name === call.scenario);
  const refusal = scenario
    ? refusalOf(scenario, call.options, process.env["DATABASE_URL"])
    : `There is no scenario ${call.scenario}: npm run bench -- list`;
  if (scenario && refusal === null) return measure(scenario, call);
  say(`${refusal}\n\n${usage}`);
  return exitUsage;
}

process.exitCode = await main();
