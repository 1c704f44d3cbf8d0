// `npm start`: sets a clone up if needed, then becomes `punctual dev`. In this very process, so that Ctrl-C and SIGTERM reach the server and nothing else.
import { setUpOrExit } from "./lib/set-up.mjs";

setUpOrExit();
process.argv.splice(1, 1, "punctual", "dev");
await import("../packages/cli/bin/punctual.js");
