import { type AddressInfo, connect, createServer } from "node:net";

/** What clients of a database have said to it. */
export type StatementSpy = {
  url: string;
  /** Settings that connections began with. */
  parameters: Set<string>;
  /** Names of prepared statements; "" is the unnamed one. */
  names: Set<string>;
  texts: Set<string>;
  stop(): Promise<void>;
};

const sslRequest = 80_877_103;

/** A proxy in front of the database that listens in, by the wire protocol: a startup message, then messages of a type, a length and a body. */
export async function startStatementSpy(databaseUrl: string): Promise<StatementSpy> {
  const target = new URL(databaseUrl);
  const [parameters, names, texts] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const hear = (): ((piece: Buffer) => void) => {
    let held = Buffer.alloc(0);
    let isStarted = false;
    return (piece) => {
      held = Buffer.concat([held, piece]);
      for (;;) {
        const typeBytes = isStarted ? 1 : 0;
        const length = held.length < typeBytes + 4 ? Number.POSITIVE_INFINITY : typeBytes + held.readInt32BE(typeBytes);
        if (held.length < length) return;
        const body = held.subarray(typeBytes + 4, length);
        const type = isStarted ? String.fromCharCode(held[0] ?? 0) : "startup";
        held = held.subarray(length);
        const words = body.toString("utf8").split("\0");
        if (type === "startup" && body.readInt32BE(0) !== sslRequest) {
          isStarted = true;
          const pairs = body.subarray(4).toString("utf8").split("\0");
          for (let index = 0; pairs[index]; index += 2) parameters.add(pairs[index] ?? "");
        }
        if (type === "P") {
          names.add(words[0] ?? "");
          texts.add(words[1] ?? "");
        }
        if (type === "Q") texts.add(words[0] ?? "");
      }
    };
  };
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    near.on("data", hear());
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      socket.on("error", () => {});
      socket.on("close", () => [near, far].map((each) => each.destroy()));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(databaseUrl);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as AddressInfo).port);
  return { url: url.href, parameters, names, texts, stop: () => new Promise((resolve) => server.close(() => resolve())) };
}
