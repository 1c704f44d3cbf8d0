import type { Breaker, BreakerPage, ForceBreakerBody, ListBreakersQuery } from "@punctual/contract";
import type { Call } from "../call.ts";
import { iteratePages } from "../pages.ts";

/** Everything about breakers. Every function throws PunctualApiError. */
export function createBreakers(call: Call) {
  const list = (query: ListBreakersQuery = {}): Promise<BreakerPage> => call("listBreakers", { query });
  return {
    /** One page, by target. Only those that are open, recovering or forced, unless a target is named. */
    list,
    iterate: (query: ListBreakersQuery = {}): AsyncGenerator<Breaker, void, undefined> => iteratePages(list, query),
    /** Holds a target off, lets everything through, or lets it be measured again. */
    force: (body: ForceBreakerBody): Promise<Breaker> => call("forceBreaker", { body }),
  };
}
