import pg from "pg";

/** A client of the database that is no part of Punctual, and behaves badly. */
export async function withIntruder<T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await openIntruder(databaseUrl);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** @throws Error of the database, such as 53300 when it has no connection left */
export async function openIntruder(databaseUrl: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: "faults intruder", connectionTimeoutMillis: 5_000 });
  // What happens to it is part of the fault.
  client.on("error", () => {});
  await client.connect();
  return client;
}
