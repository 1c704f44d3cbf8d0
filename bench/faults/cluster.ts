import type { Child } from "../lib/child.ts";
import type { Window } from "../lib/history.ts";
import { gaugesOf, nodeReady, type ProvenNode, spawnNode, stopNode } from "../lib/node.ts";
import { settled } from "../lib/settled.ts";

/** One process of a node, from its start to its end. */
export type Life = Window & { node: string; pid: number; end: string };

/** A place for a node: one process after the other under one name. */
export type Place = {
  name: string;
  /** Null between two processes, and until a new one serves. */
  node(): ProvenNode | null;
  /** Starts a process and waits until it is ready. */
  start(): Promise<void>;
  /** Ends the process without a warning; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM, and waits for a clean end; what was not clean becomes a problem of the cluster. */
  stop(): Promise<void>;
  signal(name: "SIGSTOP" | "SIGCONT"): void;
};

export type FaultCluster = {
  places: readonly Place[];
  alive(): readonly ProvenNode[];
  lives(): readonly Life[];
  /** What nodes said of themselves before their end. */
  gauges: readonly { node: string; resultsLost: number; loopFailures: number }[];
  /** Ends that nobody asked for and stops that were not clean. */
  problems: readonly string[];
  /** Stops every node that still runs. */
  stop(): Promise<void>;
  /** For the end, whatever state it is in. */
  killAll(): void;
};

export type ClusterPlan = {
  nodes: number;
  /** The address of the database for a place. */
  databaseUrl(place: number): string;
  flags: readonly string[];
  env(place: number): NodeJS.ProcessEnv;
  folder: string;
  signal: AbortSignal;
};

const readyMs = 60_000;

/** Starts all nodes and resolves when they own every shard between them. */
export async function startCluster(plan: ClusterPlan): Promise<FaultCluster> {
  const records: { life: Life; child: Child }[] = [];
  const problems: string[] = [];
  const notes: Promise<void>[] = [];
  const gauges: { node: string; resultsLost: number; loopFailures: number }[] = [];
  const places = Array.from({ length: plan.nodes }, (_, index) => createPlace(index));
  const alive = (): ProvenNode[] => places.flatMap((place) => place.node() ?? []);
  const killAll = (): void => records.filter(({ child }) => child.running()).forEach(({ child }) => child.signal("SIGKILL"));
  try {
    // The first sets the database up; the others join.
    await places[0]?.start();
    await Promise.all(places.slice(1).map((place) => place.start()));
    if ((await settled(alive, readyMs, plan.signal)) === null) throw new Error(`after ${readyMs} ms the nodes do not own all shards`);
  } catch (error) {
    killAll();
    throw error;
  }
  return {
    places,
    alive,
    lives: () => records.map(({ life, child }) => (child.running() ? { ...life, toMs: Date.now() } : life)),
    gauges,
    problems,
    async stop() {
      await Promise.all(places.map((place) => place.stop()));
      await Promise.all(notes);
    },
    killAll,
  };

  function createPlace(index: number): Place {
    const name = `node-${index + 1}`;
    let node: ProvenNode | null = null;
    let child: Child | null = null;
    let asked = "";
    const note = async (life: Life, started: Child): Promise<void> => {
      const end = await started.ended;
      Object.assign(life, { toMs: Date.now(), end: String(end) });
      if (child === started && asked === "") problems.push(`${name} ended by itself (${end}). Its last lines:\n${started.tail()}`);
    };
    return {
      name,
      node: () => (node?.child.running() ? node : null),
      async start() {
        asked = "";
        const { folder, flags } = plan;
        const started = spawnNode({ name, databaseUrl: plan.databaseUrl(index), folder, flags, env: plan.env(index) });
        child = started;
        const life: Life = { node: name, pid: started.pid, fromMs: Date.now(), toMs: 0, end: "" };
        records.push({ life, child: started });
        notes.push(note(life, started));
        node = await nodeReady(started, plan.signal);
      },
      async kill() {
        asked = "kill";
        child?.signal("SIGKILL");
        await child?.ended;
        node = null;
      },
      async stop() {
        const leaving = node;
        if (!leaving?.child.running()) return;
        asked = "stop";
        const said = await gaugesOf(leaving);
        if (said !== null) gauges.push({ node: name, resultsLost: said.resultsLost, loopFailures: said.loopFailures });
        problems.push(...(await stopNode(leaving)));
        node = null;
      },
      signal: (name) => child?.signal(name),
    };
  }
}
