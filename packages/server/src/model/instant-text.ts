const dayMs = 86_400_000;
const daysToYear0 = 719_468;
const daysOf400Years = 146_097;
/** From here on years have five digits; Date writes those and what came before 1970. */
const year10000Ms = 253_402_300_800_000;
const [zero, dash, colon, point, t, z] = [0x30, 0x2d, 0x3a, 0x2e, 0x54, 0x5a] as const;

/**
 * Epoch milliseconds as the wire writes times, `2026-03-01T09:00:00.000Z`: what Date.toISOString gives, in a quarter of its 0.37 us. Three of them stand in every job
 * of an answer, five in every run. As character codes, because texts put together from parts leave ten times as much garbage behind.
 *
 * @throws RangeError for what is no time, as Date does
 */
export function instantText(epochMs: number): string {
  if (!(epochMs >= 0 && epochMs < year10000Ms)) return new Date(epochMs).toISOString();
  const days = Math.floor(epochMs / dayMs);
  // The civil date, by years that begin in March, so that a leap day is the last of its year.
  const era = Math.floor((days + daysToYear0) / daysOf400Years);
  const ofEra = days + daysToYear0 - era * daysOf400Years;
  const yearOfEra = Math.floor((ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365);
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = era * 400 + yearOfEra + (fromMarch < 10 ? 0 : 1);
  const ofDay = Math.floor(epochMs) - days * dayMs;
  const hour = Math.floor(ofDay / 3_600_000);
  const minute = Math.floor(ofDay / 60_000) % 60;
  const second = Math.floor(ofDay / 1_000) % 60;
  // biome-ignore format: as the text reads.
  return String.fromCharCode(
    digit(year, 1_000), digit(year, 100), digit(year, 10), digit(year, 1), dash, digit(month, 10), digit(month, 1), dash, digit(day, 10), digit(day, 1), t,
    digit(hour, 10), digit(hour, 1), colon, digit(minute, 10), digit(minute, 1), colon, digit(second, 10), digit(second, 1), point, digit(ofDay, 100), digit(ofDay, 10), digit(ofDay, 1), z,
  );
}

function digit(number: number, place: number): number {
  return zero + (Math.floor(number / place) % 10);
}
