import { defineConfig } from "vitest/config";

/** Only the checks, without the database that the other tests start: `npx vitest run --config checks/vitest.config.ts`. */
export default defineConfig({
  // Not isolated: the checks only read, and so share one parsed tree for each worker.
  test: { root: import.meta.dirname, include: ["**/*.test.ts"], testTimeout: 40_000, isolate: false, maxWorkers: 2 },
});
