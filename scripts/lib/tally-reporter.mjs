import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import { root } from "./repository.mjs";

/**
 * A vitest reporter that writes `{ passed, failed, skipped: { name, reason }[] }` to the file named by PUNCTUAL_TALLY_FILE. The JSON reporter that comes with
 * vitest leaves out why a test was skipped, and errors that belong to no test.
 */
// oxlint-disable-next-line import/no-default-export -- vitest loads a reporter by its default export
export default class TallyReporter {
  /**
   * @param {readonly import("vitest/node").TestModule[]} modules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const tally = { passed: 0, failed: unhandledErrors.length, skipped: [] };
    for (const module of modules) tallyModule(module, tally);
    writeFileSync(process.env.PUNCTUAL_TALLY_FILE, JSON.stringify(tally));
  }
}

/** @param {import("vitest/node").TestModule} module */
function tallyModule(module, tally) {
  for (const test of module.children.allTests()) {
    const result = test.result();
    if (result.state === "passed") tally.passed++;
    else if (result.state === "skipped") tally.skipped.push({ name: nameOf(module, test), reason: result.note ?? "no reason given" });
    // Failed, or still pending because its worker died.
    else tally.failed++;
  }
  // A file that cannot be loaded and a hook that fails belong to no test, and skip the tests they were for.
  for (const group of [module, ...module.children.allSuites()]) if (group.errors().length > 0) tally.failed++;
}

function nameOf(module, test) {
  return `${relative(root, module.moduleId)} > ${test.fullName}`;
}
