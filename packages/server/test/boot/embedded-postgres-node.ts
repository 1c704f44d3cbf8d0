// A process of its own that starts the embedded database and stops it when its standard input ends: `tsx embedded-postgres-node.ts DATA_DIR REACHABLE_DIR`.
import { EmbeddedPostgresError } from "../../src/boot/embedded-postgres/errors.ts";
import { startEmbeddedPostgres } from "../../src/boot/embedded-postgres/start.ts";

const [dataDir = "", reachableDir = ""] = process.argv.slice(2);
try {
  const database = await startEmbeddedPostgres({ dataDir, reachableDir, settings: { fsync: "off" } });
  console.log(JSON.stringify(database));
  process.stdin.resume().once("end", () => void database.stop());
} catch (error) {
  if (!(error instanceof EmbeddedPostgresError)) throw error;
  console.log(JSON.stringify({ reason: error.reason, message: error.message, remedy: error.remedy }));
}
