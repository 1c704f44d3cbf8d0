// `npm run check`: every static check as one line with its time; the output of a check only when it failed. Exit code 1 when one did.
import { checks } from "./lib/checks.mjs";
import { runTool } from "./lib/run-tool.mjs";

const nameWidth = Math.max(...checks.map((check) => check.name.length));

// One after the other: each tool uses every core by itself, and the build must be there before the tests' types are looked at.
const failures = [];
for (const check of checks) {
  const startedMs = performance.now();
  const { ok, output } = await runTool(check);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${check.name.padEnd(nameWidth)}  ${ok ? "ok    " : "failed"}  ${seconds.padStart(5)} s`);
  if (!ok) failures.push(check.name);
  if (!ok) console.log(`${output.trimEnd()}\n`);
}
if (failures.length > 0) console.log(`failed: ${failures.join(", ")}`);
process.exitCode = failures.length > 0 ? 1 : 0;
