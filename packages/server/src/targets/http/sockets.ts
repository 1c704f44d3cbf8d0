import type { Socket } from "node:net";
import { buildConnector } from "undici";

/** Makes the connections of one target and remembers those that are open. */
export type Sockets = {
  connect: buildConnector.connector;
  destroyAll(): void;
};

/**
 * undici can end a request but not a connection that is still being made: after `agent.destroy()`, a TLS handshake with a silent server goes on until its
 * timeout and keeps the process alive. Here every socket is known from its first moment, so that closing closes it.
 */
export function createSockets(connectTimeoutMs: number): Sockets {
  const connect = buildConnector({ timeout: connectTimeoutMs });
  const open = new Set<Socket>();
  return {
    connect(options, callback) {
      // The connector returns its socket (undici's own proxy agents rely on it); the published type says void.
      const socket = connect(options, callback) as unknown as Socket;
      open.add(socket);
      socket.once("close", () => open.delete(socket));
    },
    destroyAll() {
      for (const socket of open) socket.destroy();
    },
  };
}
