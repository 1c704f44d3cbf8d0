/** What a set of numbers looks like to a person: everything, an even step through everything, or single values and runs. */
export type SetShape =
  | { shape: "all" }
  | { shape: "step"; from: number; step: number }
  | { shape: "list"; runs: { from: number; to: number }[] };

/** The members of a wide set between two numbers, ascending. */
export function members(low: number, high: number, min: number, max: number): number[] {
  const found: number[] = [];
  for (let value = min; value <= max; value++) {
    if (((value < 32 ? low >>> value : high >>> (value - 32)) & 1) === 1) found.push(value);
  }
  return found;
}

/** Recognizes the shape of ascending values that may lie between `min` and `max`. */
export function shapeOf(values: readonly number[], min: number, max: number): SetShape {
  if (values.length === max - min + 1) return { shape: "all" };
  const [from = min, second = from] = values;
  const step = second - from;
  const isEven = values.length > 2 && step > 1 && values.every((value, index) => value === from + index * step);
  // An even step is one only when it goes on to the end: "9,12,15" is a list of hours, "0,3,6,...,21" is every third.
  if (isEven && from - step < min && (values.at(-1) as number) + step > max) return { shape: "step", from, step };
  return { shape: "list", runs: runsOf(values) };
}

/** Splits ascending values into runs of neighbours; two neighbours stay single, because "1 and 2" reads better than "1 to 2". */
export function runsOf(values: readonly number[]): { from: number; to: number }[] {
  const runs: { from: number; to: number }[] = [];
  for (const value of values) {
    const last = runs.at(-1);
    if (last !== undefined && last.to === value - 1) last.to = value;
    else runs.push({ from: value, to: value });
  }
  return runs.flatMap((run) =>
    run.to - run.from === 1
      ? [
          { from: run.from, to: run.from },
          { from: run.to, to: run.to },
        ]
      : [run],
  );
}
