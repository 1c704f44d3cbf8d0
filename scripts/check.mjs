// `npm run check`: every static check as one line with its time; the output of a check only when it failed. Exit code 1 when one did.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { checks } from "./lib/checks.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const nameWidth = Math.max(...checks.map((check) => check.name.length));

// One after the other: each tool uses every core by itself, and the build must be there before the tests' types are looked at.
const failures = [];
for (const check of checks) {
  const startedMs = performance.now();
  const { ok, output } = await run(check);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${check.name.padEnd(nameWidth)}  ${ok ? "ok    " : "failed"}  ${seconds.padStart(5)} s`);
  if (!ok) failures.push(check.name);
  if (!ok) console.log(`${output.trimEnd()}\n`);
}
if (failures.length > 0) console.log(`failed: ${failures.join(", ")}`);
process.exitCode = failures.length > 0 ? 1 : 0;

/** Runs one check. Never throws: a tool that cannot be started is a failed check. */
function run({ command, args }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const keep = (chunk) => {
      output += chunk;
    };
    child.stdout.setEncoding("utf8").on("data", keep);
    child.stderr.setEncoding("utf8").on("data", keep);
    child.on("error", (error) => resolve({ ok: false, output: error.message }));
    child.on("close", (code) => resolve({ ok: code === 0, output }));
  });
}
