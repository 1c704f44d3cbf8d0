/** Stable names of everything that can be wrong with a schedule; the API's error catalogue uses the same words. */
export type ScheduleErrorCode = "schedule_invalid" | "schedule_never_fires" | "timezone_unknown" | "duration_invalid" | "instant_invalid";

/** What a {@link ScheduleError} carries besides its code. */
export type ScheduleErrorDetails = {
  /** The field of the specification that is wrong, e.g. `cron` or `dst.gap`. */
  field: string;
  /** Where in that field's text, counted from 1. */
  column?: number;
  /** The part of a cron expression, e.g. `minutes`. */
  part?: string;
  /** What stands there. */
  found?: string;
  /** What should stand there, as the end of the sentence "expected ...". */
  expected: string;
  /** What the reader can do about it, a sentence of its own. */
  remedy: string;
};

/** Longest piece of the user's text an error repeats; a pattern of a megabyte must not become a message of a megabyte. */
const longestQuote = 60;

/**
 * A schedule, a duration or an instant that cannot be used. The message is one or two sentences made for people; programs read
 * the fields.
 */
export class ScheduleError extends Error implements ScheduleErrorDetails {
  override readonly name = "ScheduleError";
  readonly code: ScheduleErrorCode;
  readonly field: string;
  readonly column?: number;
  readonly part?: string;
  readonly found?: string;
  readonly expected: string;
  readonly remedy: string;

  constructor(code: ScheduleErrorCode, details: ScheduleErrorDetails) {
    const found = details.found === undefined ? undefined : shorten(details.found);
    super(sentence({ ...details, found }));
    this.code = code;
    this.field = details.field;
    if (details.column !== undefined) this.column = details.column;
    if (details.part !== undefined) this.part = details.part;
    if (found !== undefined) this.found = found;
    this.expected = details.expected;
    this.remedy = details.remedy;
  }
}

/**
 * Reads a schedule that stands inside another one; what is wrong with it is named by its place in the whole, such as `anyOf[1].cron`.
 *
 * @throws ScheduleError what `read` throws, with `place` in front of its field
 */
export function within<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ScheduleError) throw new ScheduleError(error.code, { ...detailsOf(error), field: `${place}.${error.field}` });
    throw error;
  }
}

function detailsOf({ field, column, part, found, expected, remedy }: ScheduleError): ScheduleErrorDetails {
  return {
    field,
    expected,
    remedy,
    ...(column === undefined ? {} : { column }),
    ...(part === undefined ? {} : { part }),
    ...(found === undefined ? {} : { found }),
  };
}

function sentence(details: Omit<ScheduleErrorDetails, "found"> & { found: string | undefined }): string {
  const place =
    details.field +
    (details.column === undefined ? "" : `, column ${details.column}`) +
    (details.part === undefined ? "" : ` (${details.part})`);
  const found = details.found === undefined ? "" : `found ${JSON.stringify(details.found)}, `;
  return `${place}: ${found}expected ${details.expected}. ${details.remedy}`;
}

function shorten(text: string): string {
  return text.length <= longestQuote ? text : `${text.slice(0, longestQuote)}...`;
}
