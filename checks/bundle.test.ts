import { expect, it } from "vitest";
import { bundleSize } from "./lib/bundle.ts";

/** What a page may be asked to load to tell when something fires. */
const mostBytes = 15_000;

it("the core of the schedule package stays under 15 KB in a web page", async () => {
  expect((await bundleSize("core", "parseSchedule")).gzipBytes).toBeLessThan(mostBytes);
});

it("notices what makes it heavier", async () => {
  expect((await bundleSize("index", "parseSchedule")).gzipBytes).toBeGreaterThan(mostBytes);
});
