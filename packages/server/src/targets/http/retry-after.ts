/** Anything further away is a year away: enough to say "not soon", and far from where sums of instants overflow. */
const longestMs = 365 * 86_400_000;

/** The three forms of RFC 9110 section 5.6.7. Date.parse alone would also take "later 1" (as the year 2001). */
const httpDate =
  /^(?:[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT|[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4})$/;

/**
 * How many milliseconds a `Retry-After` asks to wait from `nowMs` on: 0 for a date that has passed, at most a year, and null when it is absent or cannot be
 * understood (negative, fractional, words). Policy may clamp further; here only the text is read.
 */
export function parseRetryAfter(value: string | string[] | undefined, nowMs: number): number | null {
  const text = (Array.isArray(value) ? value[0] : value)?.trim();
  if (text === undefined) return null;
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, longestMs);
  if (!httpDate.test(text)) return null;
  const atMs = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
  return Number.isNaN(atMs) ? null : Math.min(Math.max(atMs - nowMs, 0), longestMs);
}
