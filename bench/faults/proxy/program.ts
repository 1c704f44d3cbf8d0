// A proxy between nodes and their database, a program of its own: `node program.ts TARGET_PORT WAYS`. It listens on a port for each way and on one for commands
// (`POST /WAY/MODE?delayMs=N`, answered with the way's counts; `POST /WAY/trap?mode=MODE&statement=NAME`, answered with the name of the statement when one of them has
// come by and the way is in that mode), says which, and ends at SIGTERM.
import { createServer as createHttpServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect, createServer } from "node:net";
import { type Counts, type Mode, modes, type Setting } from "./modes.ts";
import { joinPair, type Pair } from "./pair.ts";
import { statementIn, type Trap } from "./trap.ts";

const [targetPort = 0, wayCount = 0] = process.argv.slice(2).map(Number);

type Way = { port: number; set(setting: Setting): Counts; lay(trap: Trap | null): void };

async function openWay(): Promise<Way> {
  const counts: Counts = { opened: 0, torn: 0, heldChunks: 0, slowedChunks: 0 };
  const pairs = new Set<Pair>();
  let setting: Setting = { mode: "pass", delayMs: 0 };
  let trap: Trap | null = null;
  const server = createServer({ noDelay: true }, (near) => {
    if (setting.mode === "cut") return void near.resetAndDestroy();
    counts.opened++;
    const far = connect({ port: targetPort, host: "127.0.0.1", noDelay: true });
    const pair = joinPair(near, far, { setting: () => setting, counts, sees });
    pairs.add(pair);
    far.on("close", () => pairs.delete(pair));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, set, lay: (next) => void (trap = next) };

  function set(next: Setting): Counts {
    setting = next;
    for (const pair of pairs) {
      if (next.mode === "cut") pair.tear();
      else pair.adapt();
    }
    return counts;
  }
  function sees(sent: Buffer): void {
    const statement = trap && statementIn(sent, trap.statements);
    if (!trap || statement === null) return;
    const { mode, sprung } = trap;
    trap = null;
    set({ mode, delayMs: 0 });
    sprung(statement);
  }
}

const ways = await Promise.all(Array.from({ length: wayCount }, openWay));
const control = createHttpServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://proxy");
  const [, index = "", wanted = ""] = url.pathname.split("/");
  const way = ways[Number(index)];
  const mode = modes.find((known) => known === (wanted === "trap" ? url.searchParams.get("mode") : wanted));
  if (way === undefined || mode === undefined) return void response.writeHead(404).end();
  if (wanted === "trap") return layTrap(way, mode, url.searchParams.getAll("statement"), response);
  response.end(JSON.stringify(way.set({ mode, delayMs: Number(url.searchParams.get("delayMs") ?? 0) })));
});
/** Whoever gives up waiting takes the trap away with it. */
function layTrap(way: Way, mode: Mode, statements: readonly string[], response: ServerResponse): void {
  response.on("close", () => way.lay(null));
  way.lay({ mode, statements, sprung: (statement) => response.end(JSON.stringify({ statement })) });
}

control.listen(0, "127.0.0.1", () => {
  console.log(`listening on ${[(control.address() as AddressInfo).port, ...ways.map((way) => way.port)].join(" ")}`);
});
process.once("SIGTERM", () => process.exit(0));
