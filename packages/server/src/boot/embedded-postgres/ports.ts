import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { PunctualError } from "@punctual/contract";

const host = "127.0.0.1";

/** The port of the last start if it is free (connection strings people have noted stay valid), else any free one, which is remembered. */
export async function choosePort(portFile: string): Promise<number> {
  const remembered = await tryPort(readPort(portFile) ?? 0);
  const port = remembered ?? (await tryPort(0));
  if (port === undefined) throw new PunctualError("embedded_database_failed", `No TCP port is free on ${host}.`);
  writeFileSync(portFile, `${port}\n`);
  return port;
}

function readPort(portFile: string): number | undefined {
  try {
    const port = Number(readFileSync(portFile, "utf8"));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
  } catch {
    return undefined;
  }
}

/** Binds the port (0: any) for a moment. The server binds it a moment later; if somebody else is quicker the launch fails and is tried again. */
function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(undefined));
    probe.listen({ host, port }, () => {
      const { port: bound } = probe.address() as AddressInfo;
      probe.close(() => resolve(bound));
    });
  });
}
