const units: readonly (readonly [string, number])[] = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
];

/** An exact time, and how far away it is: `2027-03-01 09:00:00Z (in 4m 12s)`. */
export function whenText(iso: string, nowMs: number): string {
  return `${exactText(iso)} (${relativeText(Date.parse(iso) - nowMs)})`;
}

/** `2027-03-01 09:00:00Z`; milliseconds only where there are some. */
export function exactText(iso: string): string {
  return iso.replace("T", " ").replace(".000Z", "Z");
}

/** The two largest units, cut and not rounded, so that "in 4m 59s" never reads "in 5m 0s" early. */
function relativeText(distanceMs: number): string {
  const seconds = Math.floor(Math.abs(distanceMs) / 1_000);
  if (seconds === 0) return "now";
  const first = units.findIndex(([, length]) => seconds >= length);
  const text = units
    .slice(first, first + 2)
    .map(([unit, length], index) => [Math.floor((index === 0 ? seconds : seconds % (units[first]?.[1] ?? 1)) / length), unit] as const)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(" ");
  return distanceMs > 0 ? `in ${text}` : `${text} ago`;
}

/** A measured length: `950ms`, `1.2s`, `12m 5s`. */
export function lengthText(ms: number): string {
  if (ms < 1_000) return `${ms}ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)}s`;
  return relativeText(ms).replace("in ", "");
}
