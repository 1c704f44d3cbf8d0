import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (name: string) => fileURLToPath(new URL(`./packages/${name}/src/index.ts`, import.meta.url));

export default defineConfig({
  resolve: {
    // Tests run the sources, never a build that may be older. Each module exists once: without this a test would meet the source of its own package and, through
    // the other packages, the build of the same file.
    alias: [
      ...["schedule", "contract", "client", "server", "testkit"].map((name) => ({ find: `@punctual/${name}`, replacement: source(name) })),
      { find: /^punctual$/, replacement: source("cli") },
    ],
  },
  test: {
    include: ["packages/*/test/**/*.test.ts", "checks/**/*.test.ts", "bench/**/*.test.ts", "examples/**/*.test.ts"],
    globalSetup: ["packages/testkit/test/global-setup.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 40_000,
    hookTimeout: 40_000,
  },
});
