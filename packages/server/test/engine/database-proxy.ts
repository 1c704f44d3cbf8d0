import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP proxy in front of the database, so that one node's way to it can be cut while the others keep theirs. */
export type DatabaseProxy = {
  url: string;
  port: number;
  /** Tears every connection down and refuses new ones, as a network or a process that died would. */
  cut(): void;
  /**
   * Goes silent, as a firewall that forgot the connections or a machine that is gone would: not an answer, not an end. New connections are taken and never
   * answered; those of this time stay silent for ever.
   */
  silence(): void;
  /** Each piece of an answer comes so much later; 0 for at once. */
  slow(delayMs: number): void;
  /** New connections work again. */
  heal(): void;
  /** Connections that the near side has not ended. */
  open(): number;
  stop(): Promise<void>;
};

export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const nears = new Set<Socket>();
  let state: "well" | "cut" | "silent" = "well";
  let delayMs = 0;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on("close", () => {
      sockets.delete(socket);
      nears.delete(socket);
    });
    socket.on("error", () => socket.destroy());
    return socket;
  };
  /** Hears nothing any more but the end of the near side. */
  const mute = (socket: Socket): void => {
    socket.removeAllListeners("data");
    socket.on("data", () => {});
  };
  // Half open by will: the silent do not answer an end either.
  const server = createServer({ allowHalfOpen: true }, (near) => {
    nears.add(keep(near));
    near.on("end", () => {
      nears.delete(near);
      if (state === "well") near.end();
    });
    if (state === "cut") return void near.resetAndDestroy();
    if (state === "silent") return mute(near);
    const far = keep(connect(Number(target.port), target.hostname));
    near.on("data", (piece) => void far.write(piece));
    far.on("data", (piece) => {
      if (delayMs === 0) return void near.write(piece);
      setTimeout(() => near.writable && near.write(piece), delayMs);
    });
    near.on("end", () => far.end());
    near.on("close", () => far.destroy());
    far.on("close", () => state !== "silent" && near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = new URL(databaseUrl);
  url.hostname = "127.0.0.1";
  url.port = String(port);
  const cut = (): void => {
    state = "cut";
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    port,
    cut,
    silence: () => {
      state = "silent";
      for (const socket of sockets) mute(socket);
    },
    slow: (ms) => {
      delayMs = ms;
    },
    heal: () => {
      state = "well";
    },
    open: () => nears.size,
    stop: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
