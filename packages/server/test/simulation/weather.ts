import type { Chance } from "./random.ts";

/** How the way between a node and the database is at present; it may change at any moment. */
export type Weather = {
  /** Nothing gets through: connections are refused, what is under way is lost. */
  down: boolean;
  /** How likely each of these is for a statement. */
  refused: number;
  /** Carried out, but the answer does not come. */
  unanswered: number;
  /** On its way for up to `latestMs`. */
  delayed: number;
  latestMs: number;
  /** Statements whose names begin so have it worse: this is how likely they are late; half as likely they get no answer, a quarter as likely they are refused. */
  hard: { names: readonly string[]; likely: number };
};

export const calm: Weather = { down: false, refused: 0, unanswered: 0, delayed: 0, latestMs: 0, hard: { names: [], likely: 0 } };

/** The weather for one statement. */
export function weatherFor(name: string, weather: Weather): Weather {
  const { names, likely } = weather.hard;
  if (!names.some((each) => name.startsWith(each))) return weather;
  const { refused, unanswered, delayed } = weather;
  return {
    ...weather,
    refused: Math.max(refused, likely / 4),
    unanswered: Math.max(unanswered, likely / 2),
    delayed: Math.max(delayed, likely),
  };
}

/** One way, from the node to the database or back. */
export function travelMs(chance: Chance, weather: Weather): number {
  return chance.happens(weather.delayed) ? chance.between(2, weather.latestMs) : chance.between(0.1, 2);
}
