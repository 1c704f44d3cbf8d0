import { ScheduleError } from "../errors.ts";

const unitMs: Readonly<Record<string, number>> = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
const shortUnits = ["w", "d", "h", "m", "s", "ms"];
const isoPattern = /^P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const expected = 'a duration such as "15m", "1h30m", "90s", "500ms" or "PT15M"';

/** Nothing we schedule waits longer than a century; beyond it a slip of the keyboard is likelier than a plan. */
const longestMs = 36_525 * 86_400_000;

/**
 * Reads a length of elapsed time: `15m`, `1h30m`, `90s`, `500ms`, `2d`, or ISO 8601 (`PT15M`, `P1D`). A day is 24 hours and a week seven
 * of them here; months and years have no fixed length and are refused.
 *
 * @param field the name of the option the text came from, for the error
 * @returns whole milliseconds, more than zero
 * @throws ScheduleError `duration_invalid`
 */
export function parseDuration(text: string, field = "duration"): number {
  const trimmed = text.trim();
  const refuse = (remedy: string): ScheduleError => new ScheduleError("duration_invalid", { field, found: text, expected, remedy });
  if (trimmed.length > 64) throw refuse("A duration is a few characters long.");
  if (/^[+-]/.test(trimmed)) throw refuse("A duration has no sign: time only runs forward.");
  if (/^\d+(\.\d+)?$/.test(trimmed)) throw refuse(`Add a unit, for instance "${trimmed}s" or "${trimmed}m".`);

  const ms = trimmed.startsWith("P") ? isoMs(trimmed, refuse) : shortMs(trimmed, refuse);
  if (ms === 0) throw refuse("A duration must be longer than zero.");
  if (!Number.isInteger(ms)) throw refuse("The smallest unit is one millisecond.");
  if (ms > longestMs) throw refuse("The longest duration is 100 years.");
  return ms;
}

/**
 * Writes milliseconds as {@link parseDuration} reads them: 90000 is `1m30s`, 86400000 is `1d`. Zero, which no schedule has but a
 * measurement may, is `0ms`.
 */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0ms";
  let rest = Math.round(Math.abs(ms));
  let text = ms < 0 ? "-" : "";
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const length = unitMs[unit] as number;
    const count = Math.floor(rest / length);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * length;
  }
  return text;
}

function shortMs(text: string, refuse: (remedy: string) => ScheduleError): number {
  const piece = /(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*/y;
  let total = 0;
  let lastUnit = -1;
  for (let match = piece.exec(text); match !== null; match = piece.exec(text)) {
    const unit = shortUnits.indexOf((match[2] as string).toLowerCase());
    if (unit < 0) throw refuse(`Units are ${shortUnits.join(", ")}; "m" is minutes, and months have no fixed length.`);
    if (unit <= lastUnit) throw refuse("Units come once each, from the largest to the smallest.");
    lastUnit = unit;
    total += toMs(match[1] as string, shortUnits[unit] as string);
    if (piece.lastIndex === text.length) return total;
  }
  throw refuse("Write numbers with units.");
}

function isoMs(text: string, refuse: (remedy: string) => ScheduleError): number {
  const match = isoPattern.exec(text);
  if (match === null || text.endsWith("T") || text === "P") {
    throw refuse("ISO 8601 durations look like PT15M or P1DT12H; months and years have no fixed length.");
  }
  return ["w", "d", "h", "m", "s"].reduce((total, unit, index) => total + toMs(match[index + 1] ?? "0", unit), 0);
}

/** Fractions are multiplied as text's own decimals, so that 0.1s is 100 and not 100.00000000000001. */
function toMs(digits: string, unit: string): number {
  const product = Number(digits) * (unitMs[unit] as number);
  const rounded = Math.round(product);
  return Math.abs(product - rounded) < 1e-6 ? rounded : product;
}
