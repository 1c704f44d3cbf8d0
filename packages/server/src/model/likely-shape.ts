import type { ErrorObject } from "ajv";
import { nearestName } from "./nearest-name.ts";

/**
 * A value that fits none of a union's shapes fails with the errors of each. Only those of the shape that was most likely meant say anything: the one with the
 * fewest, inner choices before outer ones. Where several are as likely, the errors of all of these stay.
 */
export function likelyShapes(errors: readonly ErrorObject[], unions: readonly ErrorObject[]): readonly ErrorObject[] {
  const innerFirst = unions.toSorted((one, other) => other.schemaPath.length - one.schemaPath.length);
  return innerFirst.reduce(keepLikely, errors);
}

function keepLikely(errors: readonly ErrorObject[], union: ErrorObject): readonly ErrorObject[] {
  const weights = new Map<string, number>();
  for (const error of errors) {
    const shape = shapeOf(error, union);
    if (shape !== null) weights.set(shape, (weights.get(shape) ?? 0) + weightOf(error));
  }
  const least = Math.min(...weights.values());
  return errors.filter((error) => {
    const shape = shapeOf(error, union);
    return shape === null || weights.get(shape) === least;
  });
}

/** Which of the union's shapes an error belongs to; null when it lies elsewhere. */
function shapeOf(error: ErrorObject, union: ErrorObject): string | null {
  const isInside = error.instancePath === union.instancePath || error.instancePath.startsWith(`${union.instancePath}/`);
  if (!isInside || !error.schemaPath.startsWith(`${union.schemaPath}/`)) return null;
  return error.schemaPath.slice(union.schemaPath.length + 1).split("/")[0] ?? null;
}

/** A name that is nearly one of the shape's speaks for it. */
function weightOf({ keyword, params, parentSchema }: ErrorObject): number {
  if (keyword !== "additionalProperties") return 1;
  const known = Object.keys((parentSchema as { properties?: object } | undefined)?.properties ?? {});
  return nearestName(String(params.additionalProperty), known) === null ? 1 : 0.5;
}
