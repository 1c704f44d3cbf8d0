import * as breaker from "../schemas/breaker.ts";
import type { Route } from "./route.ts";

export const breakerRoutes = {
  listBreakers: {
    method: "GET",
    path: "/v1/breakers",
    tag: "breakers",
    scope: "read",
    summary: "List the targets that are held off",
    description: "Breakers that are open, recovering or forced, by target. A target that is not listed is well.",
    query: breaker.ListBreakersQuery,
    responses: { 200: { description: "A page of breakers", schema: breaker.BreakerPage } },
    errors: ["cursor_invalid", "target_invalid"],
  },
  forceBreaker: {
    method: "POST",
    path: "/v1/breakers/force",
    tag: "breakers",
    scope: "write",
    summary: "Force a breaker open or closed, or let it be measured again",
    description:
      "Every node obeys within half a second. An attempt under way is not aborted. A breaker that was forced open and is let go probes first.",
    body: breaker.ForceBreaker,
    responses: { 200: { description: "The breaker as it is now", schema: breaker.Breaker } },
    errors: ["target_invalid"],
  },
} as const satisfies Record<string, Route>;
