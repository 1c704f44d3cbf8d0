import { Type } from "typebox";
import { Cursor, Instant, Nullable, Page, PageLimit } from "./common.ts";

/** States of a breaker, in the order it goes through them; a target without one is closed. */
export const breakerStates = ["closed", "open", "recovering"] as const;
export type BreakerState = (typeof breakerStates)[number];
/** What a person may ask for; auto takes an earlier wish back. */
export const breakerWishes = ["open", "closed", "auto"] as const;

const BreakerTarget = Type.String({
  minLength: 1,
  maxLength: 2048,
  description: "The origin it is for: scheme, host and port; whatever a longer URL says after that is ignored",
  examples: ["https://example.com"],
});

export const Breaker = Type.Object(
  {
    target: BreakerTarget,
    state: Type.Enum([...breakerStates], {
      description:
        "closed: runs go through; open: they are held, and one is let through now and then to see; recovering: they come out at a rising pace",
    }),
    forced: Nullable(Type.Enum(["open", "closed"], { description: "A person's wish, which nothing that is measured changes" })),
    forcedBy: Nullable(Type.String()),
    reason: Nullable(Type.String({ description: "What was measured when it opened, or why it was forced" })),
    heldRuns: Type.Integer({ minimum: 0, description: "Runs that wait for it; no attempt of theirs is spent" }),
    openedAt: Nullable(Instant),
    nextProbeAt: Nullable(Type.String({ ...Instant, description: "When the next run may be let through; null while none is due" })),
    healedAt: Nullable(Type.String({ ...Instant, description: "When a probe succeeded, of a breaker that recovers" })),
  },
  { title: "Breaker", additionalProperties: false },
);
export const BreakerPage = Page("BreakerPage", Breaker);

export const ListBreakersQuery = Type.Object(
  {
    target: Type.Optional(Type.String({ maxLength: 2048, description: "Only that of this URL's origin, also when it is closed" })),
    limit: Type.Optional(PageLimit),
    cursor: Type.Optional(Cursor),
  },
  { additionalProperties: false },
);

export const ForceBreaker = Type.Object(
  {
    target: BreakerTarget,
    state: Type.Enum([...breakerWishes], {
      description: "open: nothing goes to this target, no probe either; closed: everything does; auto: as measured again",
    }),
    reason: Type.Optional(Type.String({ maxLength: 500, pattern: "^[^\\p{C}]*$", description: "For those who look at it later" })),
  },
  { title: "ForceBreaker", additionalProperties: false },
);
