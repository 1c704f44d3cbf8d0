// `npm run bench`: builds if needed, so that what is measured is what the sources say, then becomes the benchmark.
import { setUpOrExit } from "./lib/set-up.mjs";

setUpOrExit();
const { register } = await import("tsx/esm/api");
register();
await import("../bench/suite/main.ts");
