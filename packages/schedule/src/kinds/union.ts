import { ScheduleError, within } from "../errors.ts";
import type { ScheduleSpec } from "../spec.ts";
import type { Zone } from "../zone/zone.ts";
import type { Kind } from "./kind.ts";
import type { Recurrence } from "./recurrence.ts";

const mostMembers = 50;

/** What a union needs of its members; a whole schedule has it. */
type Member = Recurrence & { matches(ms: number): boolean; describe(): string };

/** Reads a specification with `anyOf`: it fires whenever one of its members does, and once where several do. */
export function unionKind(specs: readonly ScheduleSpec[], zone: Zone, parse: (spec: ScheduleSpec) => Member): Kind {
  if (specs.length === 0 || specs.length > mostMembers) {
    throw new ScheduleError("schedule_invalid", {
      field: "anyOf",
      found: `${specs.length} schedules`,
      expected: `1 to ${mostMembers}`,
      remedy: "Use several jobs for more.",
    });
  }
  const members = specs.map((spec, index) => within(`anyOf[${index}]`, () => parse(spec)));
  return {
    kind: "union",
    zone,
    recurrence: {
      next: (afterMs) =>
        best(
          Math.min,
          members.map((member) => member.next(afterMs)),
        ),
      previous: (beforeMs) =>
        best(
          Math.max,
          members.map((member) => member.previous(beforeMs)),
        ),
    },
    describe: () => members.map((member) => member.describe()).join("; and "),
    explain: (ms) => {
      const holding = members.filter((member) => member.matches(ms));
      if (holding.length > 0)
        return holding.map((member) => ({ part: "anyOf", holds: true, text: `It is an occurrence of: ${member.describe()}.` }));
      return [{ part: "anyOf", holds: false, text: `None of the ${members.length} schedules fires then.` }];
    },
  };
}

function best(choose: (...values: number[]) => number, found: (number | null)[]): number | null {
  const instants = found.filter((at) => at !== null);
  return instants.length === 0 ? null : choose(...instants);
}
