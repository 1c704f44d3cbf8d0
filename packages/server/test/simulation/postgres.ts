import { Duplex } from "node:stream";
import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import type { Database } from "../../src/store/database.ts";
import { shippedMigrations } from "../../src/store/migrate.ts";
import { witnessesSql } from "./witnesses.ts";

/**
 * PostgreSQL inside this process, behind the same driver as in production. One session, one statement at a time: it cannot show what happens between two open
 * transactions, which tests with a real server do.
 */
export type InProcessPostgres = {
  /** Not a pool, but enough of one for the set-up of a seed. */
  db: Database;
  /** Carries out one statement, as a pool would be asked to. */
  query(config: unknown, values?: unknown): Promise<pg.QueryResult<Record<string, unknown>>>;
  /** Says over which connection the next statement comes, and which are open. */
  setConnections(pid: number, open: readonly number[]): void;
  /** Hears every NOTIFY. */
  onNotification(hear: (payload: string) => void): void;
  close(): Promise<void>;
};

/** Nothing has to outlive the process; what is written to survive a crash would only fill its memory. */
const withoutWriteAheadLog = ["wal_level=minimal", "max_wal_senders=0", "full_page_writes=off"].flatMap((setting) => ["-c", setting]);

/** @param retell what becomes of a statement before it is carried out */
export async function startInProcessPostgres(retell: (statement: string) => string): Promise<InProcessPostgres> {
  const lite = await PGlite.create({ startParams: [...PGlite.defaultStartParams, ...withoutWriteAheadLog] });
  const client = new pg.Client({ stream: () => wireTo(lite), user: "postgres", database: "postgres" });
  await client.connect();
  await client.query("create schema punctual");
  for (const migration of await shippedMigrations()) await client.query(migration.sql);
  // As the engine's pools have it. Always the generic plan: which plan a statement gets must not depend on what ran before it.
  await client.query("set jit = off; set enable_hashjoin = off; set enable_mergejoin = off; set enable_seqscan = off");
  await client.query("set plan_cache_mode = force_generic_plan");
  await client.query("set synchronous_commit = off; set wal_init_zero = off; set wal_recycle = off");
  await client.query(witnessesSql);
  // Our own pg_backend_pid and pg_stat_get_activity stand before the catalogue's: here there are many connections and one session.
  await client.query(
    "set search_path = simulation, pg_catalog, public; set simulation.pid = '0'; set simulation.open = '{}'; listen punctual",
  );
  const named = nameAll(retell);
  const query = ((config: unknown, values: unknown) => client.query(named(config, values))) as unknown as InProcessPostgres["query"];
  return {
    db: { query, connect: () => Promise.resolve({ query, release: () => {} }) } as unknown as Database,
    query,
    setConnections(pid, open) {
      // Past the driver: before every tenth statement, a queue and a round trip through streams cost more than what they carry.
      lite.execProtocolRawSync(simpleQueryOf(`set simulation.pid = '${pid}'; set simulation.open = '{${open.join(",")}}'`));
    },
    onNotification(hear) {
      client.removeAllListeners("notification");
      client.on("notification", ({ payload }) => hear(payload ?? ""));
    },
    async close() {
      await client.end();
      await lite.close();
    },
  };
}

type Asked = pg.QueryConfig<unknown[]>;

/** Prepares also what is asked without a name: with generic plans it comes to the same, and half of its cost was to plan it anew. */
function nameAll(retell: (statement: string) => string): (config: unknown, values: unknown) => Asked {
  const names = new Map<string, string>();
  return (config, values) => {
    const given = (typeof config === "string" ? { text: config, values } : config) as Asked;
    const asked = { ...given, text: retell(given.text) };
    if (asked.name !== undefined || asked.values === undefined) return asked;
    const name = names.get(asked.text) ?? `unnamed_${names.size}`;
    names.set(asked.text, name);
    return { ...asked, name };
  };
}

const sync = 0x53;
const simpleQuery = 0x51;
const terminate = 0x58;
/** AuthenticationOk and ReadyForQuery. */
const welcome = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);

function simpleQueryOf(text: string): Buffer {
  const message = Buffer.alloc(6 + Buffer.byteLength(text));
  message[0] = simpleQuery;
  message.writeInt32BE(message.length - 1, 1);
  message.write(text, 5);
  return message;
}

/** What the driver takes for a socket: messages go to PGlite when a request is complete, its answer comes back. */
function wireTo(lite: PGlite): Duplex {
  let isGreeted = false;
  let held: Buffer[] = [];
  const take = (chunk: Buffer): void => {
    if (!isGreeted) {
      isGreeted = true;
      wire.push(welcome);
      return;
    }
    if (chunk[0] === terminate) return void wire.push(null);
    held.push(chunk);
    const isComplete = chunk[chunk.length - 5] === sync || (held.length === 1 && chunk[0] === simpleQuery);
    if (!isComplete) return;
    const request = Buffer.concat(held);
    held = [];
    wire.push(Buffer.from(lite.execProtocolRawSync(request)));
  };
  const wire = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      take(chunk);
      done();
    },
  });
  return Object.assign(wire, {
    connect: () => void setImmediate(() => wire.emit("connect")),
    setNoDelay: () => {},
    setKeepAlive: () => {},
    ref: () => {},
    unref: () => {},
  });
}
