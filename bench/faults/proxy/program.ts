// A proxy between nodes and their database, a program of its own: `node program.ts TARGET_PORT WAYS`. It listens on a port for each way and on one for commands
// (`POST /WAY/MODE?delayMs=N`, answered with the way's counts), says which, and ends at SIGTERM.
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer } from "node:net";
import { type Counts, modes, type Setting } from "./modes.ts";
import { joinPair, type Pair } from "./pair.ts";

const [targetPort = 0, wayCount = 0] = process.argv.slice(2).map(Number);

type Way = { port: number; set(setting: Setting): Counts };

async function openWay(): Promise<Way> {
  const counts: Counts = { opened: 0, torn: 0, heldChunks: 0, slowedChunks: 0 };
  const pairs = new Set<Pair>();
  let setting: Setting = { mode: "pass", delayMs: 0 };
  const server = createServer({ noDelay: true }, (near) => {
    if (setting.mode === "cut") return void near.resetAndDestroy();
    counts.opened++;
    const far = connect({ port: targetPort, host: "127.0.0.1", noDelay: true });
    const pair = joinPair(near, far, () => setting, counts);
    pairs.add(pair);
    far.on("close", () => pairs.delete(pair));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    set(next) {
      setting = next;
      for (const pair of pairs) {
        if (next.mode === "cut") pair.tear();
        else pair.adapt();
      }
      return counts;
    },
  };
}

const ways = await Promise.all(Array.from({ length: wayCount }, openWay));
const control = createHttpServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://proxy");
  const [, index = "", wanted = ""] = url.pathname.split("/");
  const way = ways[Number(index)];
  const mode = modes.find((known) => known === wanted);
  if (way === undefined || mode === undefined) return void response.writeHead(404).end();
  response.end(JSON.stringify(way.set({ mode, delayMs: Number(url.searchParams.get("delayMs") ?? 0) })));
});
control.listen(0, "127.0.0.1", () => {
  console.log(`listening on ${[(control.address() as AddressInfo).port, ...ways.map((way) => way.port)].join(" ")}`);
});
process.once("SIGTERM", () => process.exit(0));
