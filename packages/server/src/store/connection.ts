import { Socket } from "node:net";
import { callbackify } from "node:util";
import { PunctualError } from "@punctual/contract";
import pg from "pg";
import { readDatabaseUrl } from "./database-url.ts";
import { createPrimaryFinder } from "./primary.ts";

export type ConnectionOptions = {
  /** One server or several (see `readDatabaseUrl`). */
  url: string;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** Until the server has let us in; finding the primary among several servers is part of it. */
  connectTimeoutMs: number;
  /** The server ends a statement after this; the client gives up waiting a moment later, should the connection be dead. Null for migrations, which take as long as they take. */
  statementTimeoutMs: number | null;
  /** A pooler that lends a server connection for a transaction at a time stands in between: no session of our own, so no settings and no prepared statements. */
  pooled?: boolean;
};

/** Makes connections that cannot be waited for without end. */
export type Connector = {
  /** Not connected yet. */
  make(): pg.Client;
  /** Ends the connections among `clients` at once; what they were waiting for fails. */
  cut(clients: Iterable<pg.ClientBase>): void;
  /** Something went wrong: the primary may be elsewhere by now. */
  doubt(): void;
};

/** A server that has gone silent does not answer a farewell either. */
const farewellMs = 1_000;

/** The client waits a little longer than the server works on a statement, so that a live server is the one to say so. A pooler refuses a connection that asks for settings. */
function deadlines(statementTimeoutMs: number, pooled: boolean): pg.ClientConfig {
  const query_timeout = statementTimeoutMs + Math.min(1_000, Math.ceil(statementTimeoutMs / 4));
  return pooled ? { query_timeout } : { query_timeout, statement_timeout: statementTimeoutMs, idle_in_transaction_session_timeout: 30_000 };
}

/**
 * The one way to a connection, for pools and for the wake line. Connecting, each statement and hanging up have deadlines on the client; with several servers in
 * the URL each new connection goes to the one that takes writes.
 *
 * @throws PunctualError configuration_invalid for a URL that cannot be used
 */
export function createConnector(options: ConnectionOptions): Connector {
  const read = readDatabaseUrl(options.url);
  if ("fault" in read) throw new PunctualError("configuration_invalid", `The database's URL is not usable; expected ${read.fault}.`);
  const { servers } = read;
  const settings: pg.ClientConfig = {
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    ...(options.statementTimeoutMs !== null && deadlines(options.statementTimeoutMs, options.pooled ?? false)),
  };
  // Half for connecting, half for the answer, so that the search ends when connecting must.
  const searchTimeoutMs = Math.ceil(options.connectTimeoutMs / 2);
  const finder =
    servers.length > 1
      ? createPrimaryFinder(servers, { ...settings, connectionTimeoutMillis: searchTimeoutMs, query_timeout: searchTimeoutMs })
      : null;
  const sockets = new WeakMap<pg.ClientBase, Socket>();

  return {
    make() {
      const socket = new Socket();
      const client = new pg.Client({ ...settings, connectionString: servers[0].url, stream: () => socket });
      sockets.set(client, socket);
      // Whoever uses it hears of its end from what he waits for; without a listener it would end the process.
      client.on("error", () => {});
      if (options.pooled) sendUnnamed(client);
      if (finder) connectTo(client, socket, finder.find);
      hangUpInTime(client, socket);
      return client;
    },
    cut(clients) {
      for (const client of clients) sockets.get(client)?.destroy();
    },
    doubt: () => finder?.doubt(),
  };
}

/** Where a client connects to is decided when it connects. It looks at these two fields then, so that TLS checks the name of the server that it really talks to. */
function connectTo(client: pg.Client, socket: Socket, find: () => Promise<{ host: string; port: number }>): void {
  const connect = client.connect.bind(client);
  const findAndConnect = async (): Promise<pg.Client> => {
    const found = await find();
    // The pool has given up meanwhile; connecting a destroyed socket would open it again.
    if (socket.destroyed) throw new Error("Connection terminated due to connection timeout");
    Object.assign(client, found);
    return connect();
  };
  const withCallback = callbackify(findAndConnect);
  client.connect = ((callback?: Parameters<typeof withCallback>[0]) =>
    callback ? withCallback(callback) : findAndConnect()) as pg.Client["connect"];
}

/** A prepared statement lives in a session: through a pooler, the next transaction has another one. */
function sendUnnamed(client: pg.Client): void {
  const query = client.query.bind(client) as (...given: unknown[]) => unknown;
  client.query = ((first: unknown, ...rest: unknown[]) =>
    query(typeof first === "object" && first !== null && "name" in first ? { ...first, name: undefined } : first, ...rest)) as never;
}

/** `end` says farewell and waits for the server to close; from one that is silent that would take the quarter of an hour that TCP keeps trying. */
function hangUpInTime(client: pg.Client, socket: Socket): void {
  const end = client.end.bind(client) as (...given: unknown[]) => unknown;
  client.end = ((...given: unknown[]) => {
    const timer = setTimeout(() => socket.destroy(), farewellMs).unref();
    socket.once("close", () => clearTimeout(timer));
    return end(...given);
  }) as pg.Client["end"];
}
