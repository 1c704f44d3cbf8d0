// `npm run prove`: the end-to-end proof on real processes. README.md in the folder above says what it does and how to read its result.
import { createCleanup, interruption } from "../lib/cleanup.ts";
import { type Options, readOptions, usage } from "./options.ts";
import { reportText } from "./report.ts";
import { runScenario } from "./scenario.ts";

const exitCodes = { clean: 0, faulty: 1 } as const;
const exitFailed = 1;
const exitUsage = 2;

// Progress goes to standard error, so that standard output is the result and nothing else.
const say = (line: string): void => console.error(line);

async function prove(options: Options): Promise<number> {
  const cleanup = createCleanup(say);
  const signal = interruption();
  try {
    const result = await runScenario(options, cleanup, say, signal);
    process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : reportText(result));
    return exitCodes[result.verdict];
  } catch (error) {
    say(signal.aborted ? String(signal.reason) : error instanceof Error ? (error.stack ?? error.message) : String(error));
    return exitFailed;
  } finally {
    await cleanup.run();
  }
}

function optionsOrNull(): Options | null {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return null;
  }
}

const options = optionsOrNull();
process.exitCode = options === null ? exitUsage : await prove(options);
