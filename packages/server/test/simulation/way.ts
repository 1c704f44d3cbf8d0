import type { Chance } from "./random.ts";
import type { Life, Timeline } from "./timeline.ts";
import { travelMs, type Weather, weatherFor } from "./weather.ts";

export type Statement = {
  /** What it is prepared under, else how it begins. */
  name: string;
  values: readonly unknown[];
  /** Whether it matters over which connection it comes, and which are open. */
  asksForConnections: boolean;
  /** As the pool was asked. */
  asked: readonly [config: unknown, values: unknown];
};
export type Answer = { rows: readonly Record<string, unknown>[] };

export type WayOptions = {
  timeline: Timeline;
  chance: Chance;
  life: Life;
  timeoutMs: number;
  /** Statements under way at once; more wait for their turn. */
  room: number;
  /** Server processes whose connection is open; a new one for each connection. */
  pids: { open(): number; close(pid: number): void };
  /** Carries out a statement, at the present time, for the server process `pid`. */
  execute(statement: Statement, pid: number): Promise<Answer>;
  weather(): Weather;
  /** Calls `go` when the statement gets away. @returns whether it is held up on its way, for who knows how long */
  send(statement: Statement, go: () => void): boolean;
  trace(line: string): void;
};

/** A node's connections to the database, which a statement takes two happenings to cross: its arrival and its answer. Between them anything may happen, to anyone. */
export type Way = { query(config: unknown, values?: unknown): Promise<Answer>; close(): void };

/** A pool's client gives up this much after the server would have. */
const graceMs = 1_000;

/** As `pg` words them. Whatever the words, the node knows only that no answer came. */
const faults = {
  "no answer": () => new Error("Query read timeout"),
  refused: () => Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }),
  "reset on the way": () => Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }),
  "answer lost": () => Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }),
};

export function createWay({ timeline, chance, life, timeoutMs, room, pids, execute, weather, send, trace }: WayOptions): Way {
  /** Only the lease's way has one connection and cares which; the others' are not told apart. */
  let pid: number | null = null;
  let free = room;
  const waiting: (() => void)[] = [];

  const close = (): void => {
    if (pid !== null) pids.close(pid);
    pid = null;
  };

  const cross = (statement: Statement): Promise<Answer> =>
    new Promise((resolve, reject) => {
      let isOver = false;
      /** What the node hears first is how it ended for it. */
      const hear = (afterMs: number, how: string, ending: () => void): void => {
        timeline.after(afterMs, life, () => {
          if (isOver) return;
          isOver = true;
          trace(`${life.name} ${statement.name}: ${how}`);
          ending();
        });
      };
      const fail = (afterMs: number, how: keyof typeof faults): void =>
        hear(afterMs, how, () => {
          close();
          reject(faults[how]());
        });

      const arrive = async (by: number): Promise<void> => {
        // Half of what a process sent just before it died was sent before it died.
        if (!life.alive && chance.happens(0.5)) return;
        if (weather().down) return fail(0, "reset on the way");
        const answered = await carriedOut(execute(statement, by));
        trace(`${life.name} ${statement.name}: ${"error" in answered ? "failed" : `${answered.answer.rows.length} rows`}`);
        const back = weatherFor(statement.name, weather());
        const isLost = back.down || chance.happens(back.unanswered);
        // The connection breaks at once, or nobody notices for long.
        if (isLost && chance.happens(0.5)) fail(chance.between(0.2, 50), "answer lost");
        if (isLost) return;
        hear(travelMs(chance, back), "answered", () => ("error" in answered ? reject(answered.error) : resolve(answered.answer)));
      };

      const out = weatherFor(statement.name, weather());
      fail(timeoutMs + graceMs, "no answer");
      if (out.down || chance.happens(out.refused)) return fail(chance.between(0.2, 2), "refused");
      const by = (pid ??= pids.open());
      const onWayMs = travelMs(chance, out);
      const isHeldUp = send(statement, () => timeline.after(onWayMs, null, () => arrive(by)));
      // As when an answer is lost: the connection breaks at once, or nobody notices for long.
      if (isHeldUp && chance.happens(0.5)) fail(chance.between(0.2, 50), "reset on the way");
    });

  return {
    close,
    async query(config, values) {
      if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      else free--;
      try {
        return await cross(statementOf(config, values));
      } finally {
        const next = waiting.shift();
        if (next) next();
        else free++;
      }
    },
  };
}

async function carriedOut(executed: Promise<Answer>): Promise<{ answer: Answer } | { error: Error }> {
  try {
    return { answer: await executed };
  } catch (error) {
    return { error: error as Error };
  }
}

function statementOf(config: unknown, values: unknown): Statement {
  const {
    name,
    text,
    values: own,
  } = (typeof config === "string" ? { text: config } : config) as {
    name?: string;
    text: string;
    values?: readonly unknown[];
  };
  return {
    name: name ?? text.trim().replaceAll(/\s+/g, " ").slice(0, 48),
    values: own ?? (values as readonly unknown[] | undefined) ?? [],
    asksForConnections: text.includes("pg_backend_pid") || text.includes("pg_stat_get_activity"),
    asked: [config, values],
  };
}
