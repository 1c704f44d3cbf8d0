import { resolve } from "node:path";

// Read by dependency-cruiser, which takes names to files the way a bundler would: the name of a workspace is its source, not what was built from it, so the
// rules hold in a clone that was never built. Relative to the working folder, so that a planted tree means its own packages.
const names = ["schedule", "contract", "client", "server", "testkit"];
const aliases = names.map((name) => [`@punctual/${name}$`, resolve(`packages/${name}/src/index.ts`)]);

export default { resolve: { alias: { ...Object.fromEntries(aliases), punctual$: resolve("packages/cli/src/index.ts") } } };
