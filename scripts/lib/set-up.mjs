import { ensureBuilt } from "./build.mjs";
import { ensureInstalled } from "./install.mjs";
import { SetUpError } from "./set-up-error.mjs";

/** Everything a fresh clone lacks before Punctual can run from it. Costs some 40 ms when nothing is to be done. */
export function setUp() {
  requireNode();
  ensureInstalled();
  ensureBuilt();
}

/** Throws on a Node that is too old, before anything is installed with it. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new SetUpError(
    `Punctual needs Node 20.19 or newer and this is ${process.versions.node}: install a newer one from https://nodejs.org.`,
    15,
  );
}

/** Runs the set-up; on failure prints its one sentence and ends the process with the failure's exit code. */
export function setUpOrExit(step = setUp) {
  try {
    step();
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    console.error(error.message);
    process.exit(error.exitCode);
  }
}
