import type { Scenario } from "./scenario.ts";
import { databaseRestart } from "./scenarios/database-restart.ts";
import { killEvery5s } from "./scenarios/kill-every-5s.ts";
import { stopCont } from "./scenarios/stop-cont.ts";

/** Every scenario there is, in the order of `all`. */
export const scenarios: readonly Scenario[] = [killEvery5s, stopCont, databaseRestart];
