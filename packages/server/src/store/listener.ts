import { createConnector } from "./connection.ts";
import { channel } from "./notify.ts";
import { readOnlyError, takesWrites } from "./primary.ts";

/** A connection of its own that hears the messages of `notify`. */
export type Listener = {
  /** Rejects when the connection is dead (a half-open one never says so by itself), or leads to a server that is a standby by now. */
  check(): Promise<void>;
  close(): Promise<void>;
};

/** What a listener tells: each payload as it was sent, by whomever; and that the connection ended, at most once and not for `close`. */
export type Heard = { message: (payload: string) => void; lost: (error: Error) => void };
/** Opens a listener on the database it is bound to. */
export type Listen = (on: Heard) => Promise<Listener>;

const timeoutMs = 5_000;

/** Listens on the channel. Not a pool's connection: listening belongs to a session. On a standby it fails, so that the wake line, too, follows the primary. */
export async function openListener(databaseUrl: string, on: Heard): Promise<Listener> {
  const client = createConnector({
    url: databaseUrl,
    applicationName: "punctual wake line",
    connectTimeoutMs: timeoutMs,
    statementTimeoutMs: timeoutMs,
  }).make();
  let open = false;
  client.on("notification", (notification) => on.message(notification.payload ?? ""));
  client.on("error", (error) => {
    if (!open) return;
    open = false;
    on.lost(error);
  });
  const close = async (): Promise<void> => {
    open = false;
    await client.end();
  };
  try {
    await client.connect();
    await client.query(`listen ${channel}`);
  } catch (error) {
    close().catch(() => {});
    throw error;
  }
  open = true;
  return {
    check: async () => {
      if (!(await takesWrites(client))) throw readOnlyError("the server is read-only");
    },
    close,
  };
}
