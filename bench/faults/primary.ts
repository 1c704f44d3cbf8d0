import pg from "pg";

const connectTimeoutMs = 2_000;

/** A connection to a server that takes writes. */
export type PrimaryConnection = { client: pg.Client; server: string };

/**
 * Connects to the one of these servers that takes writes. Its callers are no part of Punctual, and neither is the way in which they find it.
 *
 * @throws Error when none does at this moment
 */
export async function connectToPrimary(servers: readonly string[], options: pg.ClientConfig): Promise<PrimaryConnection> {
  const refusals: string[] = [];
  for (const server of servers) {
    const client = new pg.Client({ connectionTimeoutMillis: connectTimeoutMs, ...options, connectionString: server });
    client.on("error", () => {});
    try {
      await client.connect();
      const { rows } = await client.query<{ standby: boolean }>("select pg_is_in_recovery() as standby");
      if (rows[0]?.standby === false) return { client, server };
      refusals.push("a standby");
    } catch (error) {
      refusals.push(error instanceof Error ? error.message : String(error));
    }
    client.end().catch(() => {});
  }
  throw new Error(`no server takes writes: ${refusals.join("; ")}`);
}

/** The URL of the server that takes writes. */
export async function primaryOf(servers: readonly string[]): Promise<string> {
  const { client, server } = await connectToPrimary(servers, {});
  await client.end();
  return server;
}

/** Tries to write to one server. @returns the SQLSTATE that it refuses with (25006: a standby), or `written` */
export async function writeTo(server: string): Promise<string> {
  const client = new pg.Client({ connectionString: server, connectionTimeoutMillis: connectTimeoutMs });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("create table punctual.written_by_faults ()");
    return "written";
  } catch (error) {
    return (error as { code?: string }).code ?? "no answer";
  } finally {
    await client.end();
  }
}
