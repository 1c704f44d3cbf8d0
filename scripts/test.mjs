// `npm test`: sets up, runs the static checks, builds, runs every test. The last line is always `N passed, N failed`, each static check counting as one test.
// Arguments go to vitest: `npm test -- packages/schedule`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBuilt } from "./lib/build.mjs";
import { checks } from "./lib/checks.mjs";
import { ensureInstalled } from "./lib/install.mjs";
import { root } from "./lib/repository.mjs";
import { runTool } from "./lib/run-tool.mjs";
import { requireNode, setUpOrExit } from "./lib/set-up.mjs";

setUpOrExit(requireNode);
setUpOrExit(ensureInstalled);
const total = { passed: 0, failed: 0 };
for (const check of checks) await countCheck(check);
countBuild();
await countTests();
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;

async function countCheck(check) {
  const { ok, output } = await runTool(check);
  console.log(`${ok ? "ok      " : "failed  "}${check.name}`);
  if (!ok) console.log(output.trimEnd());
  count(ok);
}

/** The tests run the sources; some start what `npm start` runs, which is the build. */
function countBuild() {
  try {
    ensureBuilt();
    count(true);
  } catch (error) {
    console.log(`failed  build: ${error.message}`);
    count(false);
  }
}

async function countTests() {
  const folder = mkdtempSync(join(tmpdir(), "punctual-tally-"));
  const tallyFile = join(folder, "tally.json");
  const reporters = ["--reporter=default", "--reporter=./scripts/lib/tally-reporter.mjs"];
  const vitest = spawn(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...reporters, ...process.argv.slice(2)], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, PUNCTUAL_TALLY_FILE: tallyFile },
  });
  const [code] = await once(vitest, "exit");
  const tally = existsSync(tallyFile) ? JSON.parse(readFileSync(tallyFile, "utf8")) : { passed: 0, failed: 0, skipped: [] };
  rmSync(folder, { recursive: true });

  for (const { name, reason } of tally.skipped) console.log(`skipped  ${name}: ${reason}`);
  total.passed += tally.passed;
  total.failed += tally.failed;
  // It crashed, found no test, or failed outside of any test.
  if (code !== 0 && tally.failed === 0) count(false);
}

function count(ok) {
  if (ok) total.passed++;
  else total.failed++;
}
