import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { type Guard, guards, withoutGuard } from "./guards.ts";
import { type Outcome, type Simulation, startSimulation } from "./simulation.ts";

const usage = `Usage: npm run simulate -- [--seeds 200] [--seed 1] [--trace FILE] [--without GUARD|all]

  --seeds N        how many seeds (default 200)
  --seed N         the first of them (default 1)
  --trace FILE     where the trace of the last one goes, to read what happened in it
  --without GUARD  takes a guard out of the statements, and tells the first seed that notices: ${guards.map(({ name }) => name).join(", ")};
                   all takes each of them, one after the other

Exit code 0 when every promise was kept, or each missing guard was noticed, 1 when not, 2 for wrong usage.`;

type Options = { seeds: number; first: number; traceFile: string | null; without: readonly Guard[] };

/** Emptying the tables leaves dead rows in the catalogue, which nobody cleans. */
const seedsPerDatabase = 100;
const linesShown = 25;

/** @throws Error with a sentence for people */
function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: "string", default: "200" },
      seed: { type: "string", default: "1" },
      trace: { type: "string" },
      without: { type: "string" },
    },
  });
  const [seeds, first] = [Number(values.seeds), Number(values.seed)];
  if (!Number.isInteger(seeds) || seeds < 1) throw new Error(`--seeds ${values.seeds} is not a whole number above 0.`);
  if (!Number.isInteger(first) || first < 0) throw new Error(`--seed ${values.seed} is not a whole number.`);
  const without = guards.filter(({ name }) => values.without === "all" || values.without === name);
  if (values.without !== undefined && without.length === 0)
    throw new Error(`--without ${values.without}: there is no such guard, but ${guards.map(({ name }) => name).join(", ")}.`);
  if (values.without !== undefined && values.trace !== undefined) throw new Error("--without tells seeds and no trace: leave --trace out.");
  return { seeds, first, traceFile: values.trace ?? null, without };
}

function report({ seed, breaches, trace }: Outcome): string {
  const replay = `npm run simulate -- --seed ${seed} --seeds 1 --trace trace.txt`;
  const found = breaches.map((breach) => `  ${breach}`).join("\n");
  return `Seed ${seed} broke ${breaches.length} promises:\n${found}\nThe end of its trace:\n${trace.slice(-linesShown).join("\n")}\nReplay it: ${replay}`;
}

/** @returns the exit code */
async function takeAway(without: readonly Guard[], { seeds, first }: Options): Promise<number> {
  let unnoticed = 0;
  for (const guard of without) {
    const seed = await firstToNotice(guard, first, seeds);
    if (seed === null) unnoticed++;
    console.log(`| ${guard.what} | ${seed ?? `none of ${first} to ${first + seeds - 1}`} |`);
  }
  return unnoticed === 0 ? 0 : 1;
}

async function firstToNotice(guard: Guard, first: number, seeds: number): Promise<number | null> {
  let simulation: Simulation | null = null;
  try {
    for (let index = 0; index < seeds; index++) {
      if (index % seedsPerDatabase === 0) {
        await simulation?.close();
        simulation = await startSimulation((statement) => withoutGuard(guard, statement));
      }
      if (((await simulation?.run(first + index))?.breaches.length ?? 0) > 0) return first + index;
    }
    return null;
  } finally {
    await simulation?.close();
  }
}

async function simulate({ seeds, first, traceFile }: Options): Promise<number> {
  const sum = { runs: 0, attempts: 0, lost: 0, statements: 0, virtualMs: 0 };
  let broken = 0;
  let simulation: Simulation | null = null;
  for (let index = 0; index < seeds; index++) {
    if (index % seedsPerDatabase === 0) {
      await simulation?.close();
      simulation = await startSimulation();
      if (index > 0) console.log(`${index} seeds, ${broken} of them with breaches`);
    }
    const outcome = await (simulation as Simulation).run(first + index);
    for (const key of ["runs", "attempts", "lost", "statements", "virtualMs"] as const) sum[key] += outcome.tally[key];
    if (outcome.breaches.length > 0) {
      broken++;
      console.log(report(outcome));
    }
    if (traceFile !== null && index === seeds - 1) await writeFile(traceFile, `${outcome.trace.join("\n")}\n`);
  }
  await simulation?.close();
  const { runs, attempts, lost, statements, virtualMs } = sum;
  console.log(
    `${seeds} seeds, ${first} to ${first + seeds - 1}: ${runs} runs, ${attempts} attempts begun, ${lost} lost, ${statements} statements,`,
  );
  console.log(
    `${Math.round(virtualMs / 60_000)} minutes of virtual time. ${broken === 0 ? "Every promise was kept." : `${broken} seeds broke a promise.`}`,
  );
  return broken === 0 ? 0 : 1;
}

try {
  const options = readOptions(process.argv.slice(2));
  process.exitCode = options.without.length > 0 ? await takeAway(options.without, options) : await simulate(options);
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 2;
}
