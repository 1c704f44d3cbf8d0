import { parseDuration } from "@punctual/schedule";
import { InvalidArgumentError } from "commander";

const units: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9 };

/** Parser of a count as people write it, for options: 5M, 250k, 1.5M, 100000. */
export function quantity(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kmg]?)$/i.exec(text.trim().replaceAll(/[_,]/g, ""));
  const value = match ? Number(match[1]) * (units[(match[2] ?? "").toLowerCase()] ?? Number.NaN) : Number.NaN;
  if (!Number.isFinite(value)) throw new InvalidArgumentError("It must be a number such as 5M, 250k or 100000.");
  return value;
}

/** The same above zero: what is divided by. */
export function positiveQuantity(text: string): number {
  const value = quantity(text);
  if (value === 0) throw new InvalidArgumentError("It must be more than 0.");
  return value;
}

/** Parser of a duration such as 200ms or 30d, in ms. */
export function durationMs(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    throw new InvalidArgumentError("It must be a duration such as 200ms, 15m or 30d.");
  }
}
