import fc from "fast-check";

/** A local date and time, field by field; weekday 0 is Sunday. */
export type Wall = { second: number; minute: number; hour: number; day: number; month: number; weekday: number; year: number };

/** A cron expression with what it means, said a second time without the parser: the oracle reads all but `text`. */
export type Expression = { text: string; seconds: number[]; matchesMinute(wall: Wall): boolean; matchesDay(wall: Wall): boolean };

type Field = { text: string; matches(value: number): boolean; restricts: boolean };
type DayRule = { text: string; matches(wall: Wall): boolean; restricts: boolean };

const monthNames = ["", "JAN", "feb", "March", "APR", "may", "JUN", "JUL", "AUG", "SEPT", "OCT", "NOV", "DEC"];
const weekdayNames = ["SUN", "mon", "Tuesday", "WED", "THU", "FRI", "SAT"];

const everything: Field & DayRule = { text: "*", matches: () => true, restricts: false };
const only = (value: number): Field => ({ text: String(value), matches: (other) => other === value, restricts: true });
const monthRule = (months: Field): DayRule => ({ ...months, matches: (wall) => months.matches(wall.month) });

/** Five and six fields, with all the dialect's signs. */
export const anyExpression: fc.Arbitrary<Expression> = expressionOf(dayOfMonth("rich"), dayOfWeek("rich"));

/** Five and six fields with numbers, lists, rising ranges and steps: what every library reads alike. */
export const commonExpression: fc.Arbitrary<Expression> = expressionOf(dayOfMonth("common"), dayOfWeek("common"), true);

function expressionOf(days: fc.Arbitrary<DayRule>, weekdays: fc.Arbitrary<DayRule>, common = false): fc.Arbitrary<Expression> {
  const seconds = fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: field(0, 59, "common") });
  const style = common ? "common" : "rich";
  return fc
    .record({
      seconds,
      minutes: fc.oneof(field(0, 59, style), fc.constantFrom(0, 15, 30, 45, 59).map(only)),
      hours: fc.oneof(field(0, 23, style), fc.integer({ min: 0, max: 4 }).map(only), fc.constant(everything)),
      days: often(days),
      months: often(field(1, 12, style, common ? [] : monthNames).map(monthRule)),
      weekdays: often(weekdays),
      both: common ? fc.constant(false) : fc.boolean(),
    })
    .map(({ seconds, minutes, hours, days, months, weekdays, both }) => {
      const plus = both && weekdays.restricts;
      const either = days.restricts && weekdays.restricts && !plus;
      const matchesDay = (wall: Wall): boolean =>
        months.matches(wall) && (either ? days.matches(wall) || weekdays.matches(wall) : days.matches(wall) && weekdays.matches(wall));
      const fields = [minutes.text, hours.text, days.text, months.text, (plus ? "+" : "") + weekdays.text];
      return {
        text: (seconds === null ? fields : [seconds.text, ...fields]).join(" "),
        seconds: seconds === null ? [0] : numbers(0, 59).filter((value) => seconds.matches(value)),
        matchesMinute: (wall) => minutes.matches(wall.minute) && hours.matches(wall.hour) && matchesDay(wall),
        matchesDay,
      };
    });
}

/** Leaves a field open most of the time: restrictions in every field meet so seldom that nothing would fire in the window looked at. */
function often(rule: fc.Arbitrary<DayRule>): fc.Arbitrary<DayRule> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant<DayRule>(everything) }, { weight: 1, arbitrary: rule });
}

function field(min: number, max: number, style: "common" | "rich", names: readonly string[] = []): fc.Arbitrary<Field> {
  const value = fc.integer({ min, max });
  const write = (number: number): string => names[number] ?? String(number);
  const step = fc.integer({ min: 1, max: max - min + 1 });
  const single = value.map((number) => ({ text: write(number), values: [number] }));
  const stepped = step.map((by) => ({ text: `*/${by}`, values: every(numbers(min, max), by) }));
  const range = fc.tuple(value, value, fc.option(step)).map(([a, b, by]) => {
    const [from, to] = style === "common" && a > b ? [b, a] : [a, b];
    const values = from <= to ? numbers(from, to) : [...numbers(from, max), ...numbers(min, to)];
    return { text: `${write(from)}-${write(to)}${by === null ? "" : `/${by}`}`, values: every(values, by ?? 1) };
  });
  const open = fc.tuple(value, step).map(([from, by]) => ({ text: `${from}/${by}`, values: every(numbers(from, max), by) }));
  const item = style === "common" ? fc.oneof(single, stepped, range) : fc.oneof(single, stepped, range, open);
  return fc.uniqueArray(item, { minLength: 1, maxLength: 3, selector: ({ text }) => text }).map((items) => {
    const set = new Set(items.flatMap(({ values }) => values));
    const text = items.map((item) => item.text).join(",");
    return { text, matches: (value) => set.has(value), restricts: text !== "*/1" };
  });
}

function dayOfMonth(style: "common" | "rich"): fc.Arbitrary<DayRule> {
  const plain = field(1, 31, style).map((days): DayRule => ({ ...days, matches: (wall) => days.matches(wall.day) }));
  if (style === "common") return plain;
  const back = fc.integer({ min: 0, max: 30 });
  return fc.oneof(
    plain,
    fc.constant<DayRule>({ text: "L", restricts: true, matches: (wall) => wall.day === lengthOf(wall) }),
    back.map((n): DayRule => ({ text: `L-${n}`, restricts: true, matches: (wall) => wall.day === lengthOf(wall) - n })),
    fc.constant<DayRule>({ text: "LW", restricts: true, matches: (wall) => wall.day === workday(wall, lengthOf(wall)) }),
    fc
      .integer({ min: 1, max: 31 })
      .map((n): DayRule => ({ text: `${n}W`, restricts: true, matches: (wall) => n <= lengthOf(wall) && wall.day === workday(wall, n) })),
  );
}

function dayOfWeek(style: "common" | "rich"): fc.Arbitrary<DayRule> {
  const plain = field(0, 6, style, style === "common" ? [] : weekdayNames).map(
    (days): DayRule => ({ ...days, matches: (wall) => days.matches(wall.weekday) }),
  );
  if (style === "common") return plain;
  const weekday = fc.integer({ min: 0, max: 6 });
  return fc.oneof(
    plain,
    fc.constant<DayRule>({ text: "7", restricts: true, matches: (wall) => wall.weekday === 0 }),
    weekday.map(
      (n): DayRule => ({ text: `${n}L`, restricts: true, matches: (wall) => wall.weekday === n && wall.day > lengthOf(wall) - 7 }),
    ),
    fc.tuple(weekday, fc.integer({ min: 1, max: 5 })).map(
      ([n, nth]): DayRule => ({
        text: `${n}#${nth}`,
        restricts: true,
        matches: (wall) => wall.weekday === n && Math.ceil(wall.day / 7) === nth,
      }),
    ),
  );
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function every(values: number[], step: number): number[] {
  return values.filter((_, index) => index % step === 0);
}

function lengthOf(wall: Wall): number {
  return new Date(Date.UTC(wall.year, wall.month, 0)).getUTCDate();
}

/** The working day nearest to a day of the month, by trying the days round about in order of distance. */
function workday(wall: Wall, day: number): number {
  const isWorkday = (candidate: number): boolean => {
    const weekday = new Date(Date.UTC(wall.year, wall.month - 1, candidate)).getUTCDay();
    return candidate >= 1 && candidate <= lengthOf(wall) && weekday >= 1 && weekday <= 5;
  };
  return [day, day - 1, day + 1, day + 2, day - 2].find(isWorkday) as number;
}
