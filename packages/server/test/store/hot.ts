import * as backfillStatements from "../../src/store/backfill-statements.ts";
import * as breakerStatements from "../../src/store/breaker-statements.ts";
import * as expiryStatements from "../../src/store/expiry-statements.ts";
import * as fireStatements from "../../src/store/fire-statements.ts";
import * as statements from "../../src/store/hot-statements.ts";
import * as leaseStatements from "../../src/store/lease-statements.ts";
import * as overlapStatements from "../../src/store/overlap-statements.ts";
import * as queueStatements from "../../src/store/queue-statements.ts";
import * as settleStatements from "../../src/store/settle-statements.ts";

const shards = `'{${Array.from({ length: 128 }, (_, index) => index * 2).join(",")}}'`;
const watermarks = `'{${Array.from({ length: 128 }, () => 0).join(",")}}'`;
/** The statements of the files of the hot path. */
export const hot = {
  ...statements,
  ...backfillStatements,
  ...expiryStatements,
  ...fireStatements,
  ...overlapStatements,
  ...queueStatements,
  ...settleStatements,
  ...breakerStatements,
  ...leaseStatements,
};
const none = "'[]'";

/** Literals for each statement's parameters. A generic plan does not look at them. */
export const parameters: { [name in keyof typeof hot]: string[] } = {
  dueSql: [shards, watermarks, "4"],
  newestDueSql: [shards, watermarks, "4"],
  peekSql: [shards, watermarks],
  fireSql: ["1", none, "0"],
  fireInPlaceSql: ["1", none, "0"],
  fireUnlessBusySql: ["1", none],
  heldJobsSql: [shards, "4", "0"],
  releaseSql: [none],
  runningBackfillsSql: [shards],
  advanceBackfillSql: ["1", "'00000000-0000-0000-0000-000000000000'", "0", none, "0", "0", "null", "null", "false"],
  wakeSql: [shards, "4"],
  peekRunsSql: [shards],
  claimSql: [shards, "4", "50", "1", "'{}'"],
  claimNewestSql: [shards, "8", "50", "1", "'{}'"],
  settleSucceededSql: [none],
  settleLeasedSql: [none],
  settleSql: [none],
  orphansSql: [shards, "50"],
  cancelRequestsSql: [shards, "1"],
  peekExpirySql: [shards],
  skipUnstartedSql: [shards, "50"],
  expiredLeasesSql: [shards, "50"],
  claimFromQueueSql: ["1", "1", "100", "-1", "null", "'w'", "1000", "'{}'", "0"],
  readyQueuesSql: [shards, watermarks.replaceAll("0", "7")],
  extendSql: [none],
  acceptSql: [none],
  heldLeasesSql: [none],
  appendLogsSql: [none, "10000", "1048576", "'full'"],
  giveTokensBackSql: ["1", "1", "2"],
  queuesWithWorkSql: [shards, "'{}'", "100"],
  parkSql: [shards, "'{1}'", "'{7}'", "20", "60000"],
  letOutSql: [shards, "'{1}'", "'{7}'", "'{10}'", "'{3}'", "false"],
  heldOriginsSql: [shards, "'{1}'", "'{7}'"],
};
