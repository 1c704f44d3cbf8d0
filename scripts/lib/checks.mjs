/**
 * The static part of the test run: what can be said about the repository without starting anything. In this order, because a wrong type explains many of the
 * complaints that follow.
 *
 * Every command is `node` with a file of node_modules: no shell, no npx, the same on every system.
 *
 * @type {readonly { name: string; command: string; args: string[] }[]}
 */
export const checks = [
  check("types", "typescript/bin/tsc", "-b"),
  check("types of tests", "typescript/bin/tsc", "-p", "tsconfig.test.json"),
  check("lint", "oxlint/bin/oxlint", "--deny-warnings", "."),
  check("format", "@biomejs/biome/bin/biome", "check", "--error-on-warnings", "."),
  check(
    "layers",
    "dependency-cruiser/bin/dependency-cruise.mjs",
    "--config",
    ".dependency-cruiser.mjs",
    "--output-type",
    "err-long",
    "packages",
  ),
  check("unused", "knip/bin/knip.js", "--no-progress"),
  check("docs", "vitest/vitest.mjs", "run", "--config", "checks/vitest.config.ts", "links", "generated", "words", "shelf"),
];

/** @param {string} name @param {string} tool a file below node_modules @param {string[]} args */
function check(name, tool, ...args) {
  return { name, command: process.execPath, args: [`node_modules/${tool}`, ...args] };
}
