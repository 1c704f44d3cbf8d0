/**
 * How hard a node works off a herd. At full strength a herd takes whatever the machines have: a statement of a millisecond then waits for its turn for fifty, at the database and in
 * the node. As long as somebody falls due behind the herd and has to wait like that, the herd holds back.
 */
export type HerdPace = {
  /** Of its full strength, 1 at most. */
  share: number;
  /** It has met no resistance yet: it rises steeply, as it does without newcomers. */
  isSteep: boolean;
  /** What the same question takes when nothing else is going on, ms: the distance to the database is in it, and no fault of the herd's. */
  quietMs: number;
  /** Newcomers a second, lately. */
  newcomers: number;
};

/** A question that those who look for newcomers have just asked. */
export type Felt = {
  /** From when it was to be asked: on a busy node that is late by itself. */
  tookMs: number;
  /** How many it found. */
  found: number;
  /** How long the one before is ago. */
  sinceMs: number;
};

/** Nobody knows yet whether somebody is behind it: its first statements are small. */
export const firstPace: HerdPace = { share: 0.05, isSteep: true, quietMs: Number.POSITIVE_INFINITY, newcomers: 0 };

/** The question may take this much longer, and twice as long, as in quiet: half of what a newcomer has, which then still is to be fired and sent. */
const patienceMs = 4;
/**
 * With each look. One that is slow undoes fifteen that are not, so that about one of sixteen is: with 0.85 and steps of 0.02 it was every third, and p99 of the lag of 50 newcomers a
 * second beside 60,000 webhooks was 230 to 390 ms instead of 50, while the herd took 8.2 s instead of 12.9. Without anybody, full strength after fourteen.
 */
const [down, up, steeply] = [0.75, 1.02, 1.25];
/** Fewer a second are nobody to hold back for: their looks and their slots have to do. */
const somebody = 2;
const rememberedMs = 1_000;
/** For so many newcomers a second a herd goes down to a quarter of its strength, for half as many to a half, for two to two thirds; for fifty to as little as it may. */
const quarterFor = 10;
const least = 0.05;
/** 40 rows of a lane, or one of each shard: with 1,000 it came in bursts between rests. */
const smallBatch = 0.04;
/** The quietest question is forgotten by so much each time, as distances change. */
const forgotten = 1.0005;

/** The same question, asked when nothing is due. */
export function learnQuiet(pace: HerdPace, tookMs: number): HerdPace {
  return { ...pace, quietMs: Math.min(tookMs, pace.quietMs * forgotten) };
}

/** What the pace becomes by what was felt. The more newcomers there are, the slower it may get; without any it soon is full again. */
export function nextPace(pace: HerdPace, { tookMs, found, sinceMs }: Felt): HerdPace {
  const { share, newcomers } = pace;
  const weight = Math.exp(-sinceMs / rememberedMs);
  const many = newcomers * weight + found * (1_000 / rememberedMs);
  const floor = Math.max(least, (quarterFor / (quarterFor + many)) ** 2);
  const learned = learnQuiet(pace, tookMs);
  const isSlow = many >= somebody && tookMs > 2 * learned.quietMs + patienceMs;
  const isSteep = pace.isSteep && !isSlow;
  const wished = isSlow ? Math.max(Math.min(share, floor), share * down) : share * (isSteep || many < somebody ? steeply : up);
  return { ...learned, share: Math.min(1, wished), isSteep, newcomers: many };
}

/** How much of a full batch bulk work takes at once: as long as somebody is there, never so much that it comes in bursts between rests. */
export function batchShare({ share, newcomers }: HerdPace): number {
  return newcomers >= somebody ? Math.min(share, smallBatch) : share;
}

/** A look that hung for seconds hung for something else; what its shards owe besides the herd waits for the next one. */
const longestRestMs = 250;

/** How long bulk work rests after it was busy for so long, ms. */
export function restAfter({ share }: HerdPace, busyMs: number): number {
  return Math.min(longestRestMs, busyMs * (1 / share - 1));
}
