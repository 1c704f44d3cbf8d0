import pg from "pg";
import type { DatabaseServer } from "./database-url.ts";

export type Place = { host: string; port: number };

/** Knows which of several servers takes writes. */
export type PrimaryFinder = {
  /** Where it is: what was found last, unless that is in doubt; else asks all servers at once, and the first that takes writes wins. Rejects when none does. */
  find(): Promise<Place>;
  /** Something went wrong over there: ask again before the next connection. */
  doubt(): void;
};

/**
 * @param settings of the connections that ask; their deadlines bound the search
 */
export function createPrimaryFinder(servers: readonly DatabaseServer[], settings: pg.ClientConfig): PrimaryFinder {
  let found: Promise<Place> | null = null;

  const search = async (): Promise<Place> => {
    try {
      return await Promise.any(servers.map((server) => ask(server, settings)));
    } catch (error) {
      found = null;
      throw noPrimary(servers, (error as AggregateError).errors as Error[]);
    }
  };

  return {
    find: () => (found ??= search()),
    doubt: () => {
      found = null;
    },
  };
}

/** Whether the session may write: not on a standby, nor while somebody has made the server read-only. */
export async function takesWrites(db: Pick<pg.ClientBase, "query">): Promise<boolean> {
  const { rows } = await db.query<{ writable: boolean }>("select current_setting('transaction_read_only') = 'off' as writable");
  return rows[0]?.writable ?? false;
}

/** As PostgreSQL itself says it when something is written: 25006, read_only_sql_transaction. */
export function readOnlyError(message: string): Error {
  return Object.assign(new Error(message), { code: "25006" });
}

async function ask(server: DatabaseServer, settings: pg.ClientConfig): Promise<Place> {
  const client = new pg.Client({ ...settings, connectionString: server.url });
  // Its end may come with an error that nobody waits for any more.
  client.on("error", () => {});
  try {
    await client.connect();
    if (!(await takesWrites(client))) throw readOnlyError("is read-only");
    return { host: client.host, port: client.port };
  } finally {
    client.end().catch(() => {});
  }
}

/** The failure of a search: a refusal for all of them alike (a wrong password) as it is, else what each of them said. */
function noPrimary(servers: readonly DatabaseServer[], failures: readonly Error[]): Error {
  const refusal = failures.find((failure) => /^(28|3D)/.test((failure as { code?: string }).code ?? ""));
  if (refusal) return refusal;
  const each = servers.map((server, index) => `${server.name} ${describe(failures[index])}`);
  return readOnlyError(`none of the servers takes writes: ${each.join(", ")}`);
}

function describe(failure: Error | undefined): string {
  return failure?.message || (failure as { code?: string } | undefined)?.code || "does not answer";
}
