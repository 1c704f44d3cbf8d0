import type { Scenario } from "./scenario.ts";
import { clockSkew } from "./scenarios/clock-skew.ts";
import { databaseOutage } from "./scenarios/database-outage.ts";
import { databaseRestart } from "./scenarios/database-restart.ts";
import { editsRacingTicks } from "./scenarios/edits-racing-ticks.ts";
import { eventLoopStall } from "./scenarios/event-loop-stall.ts";
import { failover } from "./scenarios/failover.ts";
import { fullDisk } from "./scenarios/full-disk.ts";
import { herd } from "./scenarios/herd.ts";
import { killAllAtOnce } from "./scenarios/kill-all-at-once.ts";
import { killEvery5s } from "./scenarios/kill-every-5s.ts";
import { lockedTables } from "./scenarios/locked-tables.ts";
import { networkScenarios, slowNetwork } from "./scenarios/network.ts";
import { outageMisfire } from "./scenarios/outage-misfire.ts";
import { pgbouncer } from "./scenarios/pgbouncer.ts";
import { pinnedSnapshot } from "./scenarios/pinned-snapshot.ts";
import { poisonRows } from "./scenarios/poison-rows.ts";
import { poolExhaustion } from "./scenarios/pool-exhaustion.ts";
import { rollingDeploy } from "./scenarios/rolling-deploy.ts";
import { stopCont } from "./scenarios/stop-cont.ts";

/** Every scenario there is, in the order of `all`. */
export const scenarios: readonly Scenario[] = [
  killEvery5s,
  killAllAtOnce,
  stopCont,
  eventLoopStall,
  ...networkScenarios,
  slowNetwork,
  databaseRestart,
  databaseOutage,
  fullDisk,
  poolExhaustion,
  pgbouncer,
  lockedTables,
  pinnedSnapshot,
  clockSkew,
  editsRacingTicks,
  poisonRows,
  herd,
  outageMisfire,
  rollingDeploy,
  failover,
];
