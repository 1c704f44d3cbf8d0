/**
 * How hard a node works off a herd. At full strength a herd takes whatever the machines have: a statement of a millisecond then waits for its turn for fifty, at the database and in
 * the node. As long as somebody falls due behind the herd and has to wait like that, the herd holds back.
 */
export type HerdPace = {
  /** Of its full strength, 1 at most. */
  share: number;
  /** What the same question takes when nothing else is going on, ms: the distance to the database is in it, and no fault of the herd's. */
  quietMs: number;
  /** Newcomers a second, lately. */
  newcomers: number;
};

/** A question that those who look for newcomers have just asked. */
export type Felt = {
  tookMs: number;
  /** How many it found. */
  found: number;
  /** How long the one before is ago. */
  sinceMs: number;
};

/** Nobody knows yet whether somebody is behind it: its first statements are small. */
export const firstPace: HerdPace = { share: 0.2, quietMs: Number.POSITIVE_INFINITY, newcomers: 0 };

/** The question may take this much longer, and twice as long, as in quiet: half of what a newcomer has, which then still is to be fired and sent. */
const patienceMs = 4;
/** Down by a sixth, up by a fiftieth while somebody is there: four looks halve what took 25 to rise. Without anybody, full strength after four. */
const [down, up, upAlone] = [0.85, 0.02, 0.2];
/** Fewer a second are nobody to hold back for: their looks and their slots have to do. */
const somebody = 2;
const rememberedMs = 1_000;
/** For so many newcomers a second a herd goes down to a quarter of its strength, for half as many to a half, for two to two thirds; for fifty to as little as it may. */
const quarterFor = 10;
const least = 0.05;
/** 200 rows of a lane: with 1,000 it came in bursts between rests, and p99 of the lag of 50 newcomers a second on two cores was 350 ms instead of 150. */
const smallBatch = 0.2;
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
  const wished = isSlow ? Math.max(Math.min(share, floor), share * down) : share + (many >= somebody ? up : upAlone);
  return { ...learned, share: Math.min(1, wished), newcomers: many };
}

/** How much of a full batch bulk work takes at once: as long as somebody is there, never so much that it comes in bursts between rests. */
export function batchShare({ share, newcomers }: HerdPace): number {
  return newcomers >= somebody ? Math.min(share, smallBatch) : share;
}

/** How long bulk work rests after it was busy for so long, ms. */
export function restAfter({ share }: HerdPace, busyMs: number): number {
  return busyMs * (1 / share - 1);
}
