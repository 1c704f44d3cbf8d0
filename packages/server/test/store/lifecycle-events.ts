import fc from "fast-check";

/** What can happen to the runs of the property, from all sides. */
export type Event =
  | { type: "fire"; as: "running" | "ready" | "skipped" | "waiting" }
  | { type: "fire_into_queue"; pulled: boolean; expires: boolean }
  | { type: "fire_unless_busy"; overlap: "skip" | "queue" | "cancel_previous" }
  | { type: "trigger" }
  | { type: "claim"; node: 0 | 1 }
  | { type: "claim_queue"; node: 0 | 1 }
  | { type: "lease" }
  | { type: "settle"; pick: number; next: "succeeded" | "dead" | "waiting" | "ready" | "held"; wrongly: boolean }
  | { type: "accept"; pick: number; wrongly: boolean }
  | { type: "expire" }
  | { type: "cancel"; pick: number }
  | { type: "cancel_all" }
  | { type: "retry"; pick: number }
  | { type: "replay"; pick: number }
  | { type: "discard"; pick: number }
  | { type: "backfill" }
  | { type: "release" }
  | { type: "wake" }
  | { type: "pass"; ms: number }
  | { type: "die"; node: 0 | 1 }
  | { type: "rescue" };

const picks = fc.nat({ max: 20 });
const nodes = fc.constantFrom(0 as const, 1 as const);
const only = <T extends string>(type: T) => fc.constant({ type } as const);
const of = <T extends string, F extends object>(type: T, fields: { [K in keyof F]: fc.Arbitrary<F[K]> }) =>
  fc.record({ type: fc.constant(type), ...fields }) as unknown as fc.Arbitrary<{ type: T } & F>;

export const events: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: of("fire", {
      as: fc.constantFrom("running" as const, "running" as const, "ready" as const, "skipped" as const, "waiting" as const),
    }),
  },
  { weight: 4, arbitrary: of("fire_into_queue", { pulled: fc.boolean(), expires: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: of("fire_unless_busy", { overlap: fc.constantFrom("skip" as const, "queue" as const, "cancel_previous" as const) }),
  },
  { weight: 2, arbitrary: only("trigger") },
  { weight: 3, arbitrary: of("claim", { node: nodes }) },
  { weight: 5, arbitrary: of("claim_queue", { node: nodes }) },
  { weight: 3, arbitrary: only("lease") },
  {
    weight: 10,
    arbitrary: of("settle", {
      pick: picks,
      next: fc.constantFrom("succeeded" as const, "dead" as const, "waiting" as const, "ready" as const, "held" as const),
      wrongly: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: of("accept", { pick: picks, wrongly: fc.boolean() }) },
  { weight: 3, arbitrary: only("expire") },
  { weight: 2, arbitrary: of("cancel", { pick: picks }) },
  { weight: 1, arbitrary: only("cancel_all") },
  { weight: 2, arbitrary: of("retry", { pick: picks }) },
  { weight: 2, arbitrary: of("replay", { pick: picks }) },
  { weight: 1, arbitrary: of("discard", { pick: picks }) },
  { weight: 3, arbitrary: only("backfill") },
  { weight: 2, arbitrary: only("release") },
  { weight: 2, arbitrary: only("wake") },
  { weight: 4, arbitrary: of("pass", { ms: fc.constantFrom(1, 5_000, 61_000) }) },
  { weight: 1, arbitrary: of("die", { node: nodes }) },
  { weight: 2, arbitrary: only("rescue") },
);
