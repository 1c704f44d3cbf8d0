import { type Fault, PunctualError, type Route } from "@punctual/contract";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { faultsOf, faultsOfQuery } from "../model/validation.ts";

/** A request that fits its route's schemas. `body` is undefined for a route that takes none. */
export type Input = { params: unknown; query: unknown; body: unknown; ifMatch: number | null };

const nothing = Type.Object({}, { additionalProperties: false });

/**
 * Judges a request by its route: parameters, query and body at once, so that its author hears of every fault in one answer.
 *
 * @throws PunctualError request_invalid with the faults, request_malformed without a body where one is needed, revision_mismatch for an If-Match that can match nothing
 */
export function readInput(route: Route, request: FastifyRequest): Input {
  const params = { ...(request.params as { [name: string]: unknown }) };
  const query = { ...(request.query as { [name: string]: unknown }) };
  const body = readBody(route, request.body);
  const faults = [
    ...faultsOfQuery(route.params ?? nothing, params),
    ...nulFaults(params),
    ...faultsOfQuery(route.query ?? nothing, query),
    ...nulFaults(query),
    ...faultsOf(route.body ?? nothing, body),
  ];
  if (faults.length > 0) throw requestInvalid(faults);
  return {
    params,
    query,
    body: route.body ? body : undefined,
    ifMatch: route.revisioned ? readIfMatch(request.headers["if-match"]) : null,
  };
}

/** The refusal of a request with these faults; its detail tells the first and counts the others. */
export function requestInvalid(faults: readonly Fault[]): PunctualError {
  const [first] = faults;
  const others = faults.length > 1 ? `, and ${faults.length - 1} more` : "";
  return new PunctualError("request_invalid", `${first?.pointer || "The body"}: ${first?.message}${others}.`, { faults });
}

/** A route that takes no body is not bothered by an empty one: many clients send `{}` with every POST. */
function readBody(route: Route, body: unknown): unknown {
  if (body !== undefined) return body;
  if (route.body && !route.bodyOptional) throw new PunctualError("request_malformed", "The request has no body.");
  return {};
}

/** U+0000 is the one character that PostgreSQL's text cannot hold. */
function nulFaults(values: { [name: string]: unknown }): Fault[] {
  return Object.entries(values)
    .filter(([, value]) => [value].flat().some((item) => typeof item === "string" && item.includes("\0")))
    .map(([name]) => ({ pointer: name, message: "holds the character U+0000", found: "%00", expected: "text without U+0000" }));
}

/**
 * `"3"`, `W/"3"` (a proxy that compresses weakens the tag; the revision it names is the same) or a bare `3`; `*` matches whatever there is. Any other tag
 * was never given out, so it matches nothing.
 */
function readIfMatch(header: string | undefined): number | null {
  if (header === undefined || header.trim() === "*") return null;
  const [, quoted, bare] = /^\s*(?:(?:W\/)?"([1-9][0-9]{0,9})"|([1-9][0-9]{0,9}))\s*$/.exec(header) ?? [];
  const revision = quoted ?? bare;
  if (revision === undefined) throw new PunctualError("revision_mismatch", "If-Match is not an ETag that this server has given out.");
  return Number(revision);
}
