import type { Database } from "../../src/store/database.ts";
import type { Heard, Listen } from "../../src/store/listener.ts";
import type { Life } from "./timeline.ts";
import { createWay, type Statement, type Way, type WayOptions } from "./way.ts";
import { travelMs, type Weather } from "./weather.ts";

export type NetworkOptions = Pick<WayOptions, "timeline" | "chance" | "execute" | "trace"> & {
  weatherOf(life: Life, line: Line): Weather;
  /** Calls `go` when the statement gets away: at once for nearly all. @returns whether it is held up on its way */
  send(life: Life, statement: Statement, go: () => void): boolean;
};

/** A node's lease has a connection of its own. */
export type Line = "work" | "lease";

/** A node's ways to the database. When it dies, what it was sending arrives or not, and the server sees its connections close. */
export type Ways = { db: Database; leaseDb: Database; listen: Listen; close(): void };

export type Network = {
  waysOf(life: Life, timeouts: { dbMs: number; leaseMs: number }): Ways;
  /** Somebody notified: those who listen hear it, or not. */
  notified(payload: string): void;
  /** Server processes whose connection is open. */
  openPids(): readonly number[];
};

/** As many as half of what a node has by default. */
const connections = 5;

/** All that lies between the nodes and the database. */
export function createNetwork(options: NetworkOptions): Network {
  const { timeline, chance, execute, trace, weatherOf } = options;
  const listeners = new Map<Heard, Life>();
  const open = new Set<number>();
  let opened = 0;
  const pids = {
    open: () => {
      open.add(++opened);
      return opened;
    },
    close: (pid: number) => void open.delete(pid),
  };

  return {
    waysOf(life, { dbMs, leaseMs }) {
      const send: WayOptions["send"] = (statement, go) => options.send(life, statement, go);
      const shared = { timeline, chance, life, pids, execute, trace, send };
      const main = createWay({ ...shared, timeoutMs: dbMs, room: connections, weather: () => weatherOf(life, "work") });
      const lease = createWay({ ...shared, timeoutMs: leaseMs, room: 1, weather: () => weatherOf(life, "lease") });
      const check = async (): Promise<void> => {
        await main.query("select punctual.ms(punctual.clock()) as now");
      };
      const listen: Listen = async (on) => {
        await check();
        listeners.set(on, life);
        const close = async (): Promise<void> => void listeners.delete(on);
        return { check, close };
      };
      const close = (): void => {
        main.close();
        lease.close();
      };
      return { db: poolOf(main.query), leaseDb: poolOf(lease.query), listen, close };
    },
    notified(payload) {
      for (const [on, life] of listeners) {
        const weather = weatherOf(life, "work");
        if (!life.alive) listeners.delete(on);
        else if (!weather.down && !chance.happens(weather.unanswered))
          timeline.after(travelMs(chance, weather), life, () => on.message(payload));
      }
    },
    openPids: () => [...open],
  };
}

/** What the engine's rooms use of a pool. Each of their statements is a transaction of its own; the partitions that need a longer one are made beforehand. */
function poolOf(send: Way["query"]): Database {
  const onRelease: (() => void)[] = [];
  const query: Way["query"] = async (config, values) => {
    const answer = await send(config, values);
    for (const heard of onRelease) heard();
    return answer;
  };
  const on = (_event: "release", heard: () => void): void => void onRelease.push(heard);
  const connect = (): never => {
    throw new Error("The simulation knows single statements only.");
  };
  return { query, connect, on } as unknown as Database;
}
