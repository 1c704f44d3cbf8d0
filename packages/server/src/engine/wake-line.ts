import { type Database, isUnavailable } from "../store/database.ts";
import type { Listen, Listener } from "../store/listener.ts";
import { type Message, notify } from "../store/notify.ts";
import type { Emit } from "../telemetry/events.ts";
import { type Loop, retryDelayMs, startLoop } from "./loop.ts";

/** Wakes asked for within this time go out as one message: notifying serialises commits, so that thousands of creates a second must not each do it. */
const debounceMs = 20;
const checkEveryMs = 5_000;

export type WakeLine = {
  /** Tells the shard's owner, here and now or on another node soon. */
  send(shard: number): void;
  /** Tells the nodes that workers wait on, this one at once, that runs for workers became ready. */
  sendPulled(shards: readonly number[]): void;
  stop(): Promise<void>;
};

export type WakeLineOptions = {
  db: Database;
  /** Null to hear nothing: what the others say is then found by polling. */
  listen: Listen | null;
  emit: Emit;
  /** Also called for this node's own wakes, at once. */
  onWake: (shards: readonly number[]) => void;
  /** The same for runs that workers pull. */
  onPulled: (shards: readonly number[]) => void;
  onCluster: () => void;
  onBreakers: () => void;
};

/**
 * Wake-ups between nodes over LISTEN and NOTIFY. Only ever a latency hint: who misses one finds out by polling within a second, so that a lost connection
 * or a pooler that swallows notifications costs time and nothing else.
 */
export function startWakeLine({ db, listen, emit, onWake, onPulled, onCluster, onBreakers }: WakeLineOptions): WakeLine {
  const toSend = { wake: new Set<number>(), pulled: new Set<number>() };
  let sending: NodeJS.Timeout | null = null;
  let listener: Listener | null = null;

  const receive = (payload: string): void => {
    const message = parseMessage(payload);
    if (message.wake) onWake(message.wake);
    if (message.pulled) onPulled(message.pulled);
    if (message.cluster) onCluster();
    if (message.breakers) onBreakers();
  };

  const connect = async (open: Listen): Promise<void> => {
    listener = await open({
      message: receive,
      lost: (error) => {
        listener = null;
        emit({ type: "listener_lost", error });
        loop.wake();
      },
    });
    // What was said while nobody listened is found by looking.
    onCluster();
    onWake([]);
    onPulled([]);
  };

  const loop: Loop = startLoop({
    look: async () => {
      if (listener !== null) await listener.check();
      else if (listen !== null) await connect(listen);
      return checkEveryMs;
    },
    failed: (error, failures) => {
      emit({ type: "loop_failed", loop: "wake line", error, databaseAway: isUnavailable(error) });
      listener?.close().catch(() => {});
      listener = null;
      return retryDelayMs(failures);
    },
  });

  const flush = (): void => {
    sending = null;
    const message: Message = {
      ...(toSend.wake.size > 0 && { wake: [...toSend.wake] }),
      ...(toSend.pulled.size > 0 && { pulled: [...toSend.pulled] }),
    };
    toSend.wake.clear();
    toSend.pulled.clear();
    // A message that is lost is found by polling.
    notify(db, message).catch(() => {});
  };

  const sendSoon = (kind: keyof typeof toSend, shards: readonly number[]): void => {
    for (const shard of shards) toSend[kind].add(shard);
    sending ??= setTimeout(flush, debounceMs);
  };

  return {
    send: (shard) => {
      onWake([shard]);
      sendSoon("wake", [shard]);
    },
    sendPulled: (shards) => {
      onPulled(shards);
      sendSoon("pulled", shards);
    },
    stop: async () => {
      await loop.stop();
      if (sending) clearTimeout(sending);
      await listener?.close().catch(() => {});
    },
  };
}

/** Anyone with a connection may send on the channel: what is not ours wakes everything, which is harmless. */
function parseMessage(payload: string): { wake?: number[]; pulled?: number[]; cluster?: boolean; breakers?: boolean } {
  try {
    const parsed = JSON.parse(payload) as { wake?: unknown; pulled?: unknown; cluster?: unknown; breakers?: unknown };
    const { wake, pulled, cluster, breakers } = parsed;
    return {
      ...(Array.isArray(wake) && { wake: wake as number[] }),
      ...(cluster === true && { cluster }),
      ...(breakers === true && { breakers }),
      ...(Array.isArray(pulled) && { pulled: pulled as number[] }),
    };
  } catch {
    return { wake: [], pulled: [], cluster: true };
  }
}
