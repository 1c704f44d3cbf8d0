import type { Fault } from "@punctual/contract";
import type { ErrorObject } from "ajv";
import { likelyShapes } from "./likely-shape.ts";
import { nearestName } from "./nearest-name.ts";

const foundChars = 80;

/** Patterns of the contract that a person should not have to read. */
const patternWords: { [pattern: string]: string } = {
  "^[^\\p{C}]*$": "text without control characters",
  "^[A-Za-z0-9._/-]{1,63}$": "1 to 63 letters, digits and . _ / -",
};
const formatWords: { [format: string]: string } = {
  uuid: "a UUID such as 0192f3a4-5b6c-8d7e-9f01-23456789ab2c",
  "date-time": "a time such as 2027-03-01T09:00:00Z",
};

/** A validator's errors in plain words: what is wrong, what was found, what was expected, and the likely remedy. */
export function explain(errors: readonly ErrorObject[]): Fault[] {
  const unions = errors.filter((error) => error.keyword === "anyOf");
  const judged = unions.reduce(judgeByTag, errors);
  const telling = judged.filter((error) => !isUnionNoise(error, unions));
  return likelyShapes(telling, unions).map((error) => explainOne(error, unions));
}

/**
 * Of a union told apart by a constant (`type` of a target), only the member that was meant says anything: its own errors, or, when none was meant, one
 * error with all the constants there are.
 */
function judgeByTag(errors: readonly ErrorObject[], union: ErrorObject): readonly ErrorObject[] {
  const prefix = `${union.schemaPath}/`;
  const memberOf = (error: ErrorObject): string | null =>
    error.schemaPath.startsWith(prefix) ? (error.schemaPath.slice(prefix.length).split("/")[0] ?? null) : null;
  const tags = errors.filter((error) => error.keyword === "const" && memberOf(error) !== null);
  const [first] = tags;
  if (!first) return errors;
  const others = errors.filter((error) => memberOf(error) === null);
  const unmeant = new Set(tags.map(memberOf));
  const meant = errors.filter((error) => memberOf(error) !== null && !unmeant.has(memberOf(error)));
  if (meant.length > 0) return [...others, ...meant];
  const allowedValues = tags.map((error) => error.params.allowedValue as unknown);
  return [...others, { ...first, keyword: "enum", params: { allowedValues } }];
}

/** `T | null` fails with T's errors, "must be null" and "must match a schema in anyOf". Only T's say anything. */
function isUnionNoise(error: ErrorObject, unions: readonly ErrorObject[]): boolean {
  if (unions.includes(error)) return true;
  return error.keyword === "type" && error.params.type === "null" && isWithin(error, unions);
}

function isWithin(error: ErrorObject, unions: readonly ErrorObject[]): boolean {
  return unions.some((union) => union.instancePath === error.instancePath && error.schemaPath.startsWith(`${union.schemaPath}/`));
}

function explainOne(error: ErrorObject, unions: readonly ErrorObject[]): Fault {
  const { keyword, params, instancePath: pointer, data } = error;
  switch (keyword) {
    case "required":
      return { pointer: `${pointer}/${escape(params.missingProperty)}`, message: `${params.missingProperty} is missing` };
    case "additionalProperties":
      return unknownField(error);
    case "type":
      return fault(pointer, data, `${withArticle(params.type)}${isWithin(error, unions) ? " or null" : ""}`);
    case "enum":
      return oneOf(pointer, data, params.allowedValues as unknown[]);
    case "const":
      return oneOf(pointer, data, [params.allowedValue]);
    case "minLength":
      return fault(pointer, data, params.limit === 1 ? "text that is not empty" : `at least ${params.limit} characters`);
    case "maxLength":
      return { ...fault(pointer, data, `at most ${params.limit} characters`), found: `${Array.from(data as string).length} characters` };
    case "minItems":
      return fault(pointer, data, `at least ${count(params.limit, "item")}`);
    case "maxItems":
      return fault(pointer, data, `at most ${count(params.limit, "item")}`);
    case "maxProperties":
      return fault(pointer, data, `at most ${count(params.limit, "field")}`);
    case "minimum":
      return fault(pointer, data, `at least ${params.limit}`);
    case "maximum":
      return fault(pointer, data, `at most ${params.limit}`);
    case "pattern":
      return fault(pointer, data, patternWords[params.pattern] ?? `text that matches ${params.pattern}`);
    case "format":
      return fault(pointer, data, formatWords[params.format] ?? `text in the form ${params.format}`);
    default:
      return { pointer, message: error.message ?? `does not satisfy ${keyword}`, found: describe(data) };
  }
}

function fault(pointer: string, data: unknown, expected: string): Fault {
  return { pointer, message: `must be ${expected}`, found: describe(data), expected };
}

function oneOf(pointer: string, data: unknown, allowed: readonly unknown[]): Fault {
  const names = allowed.map(String);
  const nearest = typeof data === "string" ? nearestName(data, names) : null;
  const expected = names.length === 1 ? JSON.stringify(names[0]) : `one of ${names.join(", ")}`;
  return { ...fault(pointer, data, expected), ...(nearest ? { remedy: `Did you mean ${JSON.stringify(nearest)}?` } : {}) };
}

function unknownField({ params, instancePath, parentSchema }: ErrorObject): Fault {
  const name = String(params.additionalProperty);
  const { properties, patternProperties } = (parentSchema ?? {}) as { properties?: object; patternProperties?: object };
  const pointer = `${instancePath}/${escape(cut(name))}`;
  const found = cut(JSON.stringify(name));
  if (!properties) {
    const pattern = Object.keys(patternProperties ?? {})[0] ?? "";
    return {
      pointer,
      message: "this name is not allowed here",
      found,
      expected: patternWords[pattern] ?? `a name that matches ${pattern}`,
    };
  }
  const known = Object.keys(properties);
  const nearest = nearestName(name, known);
  return {
    pointer,
    message: `${found} is not a field that is known here`,
    found,
    expected: `one of ${known.join(", ")}`,
    ...(nearest ? { remedy: `Did you mean ${JSON.stringify(nearest)}?` } : { remedy: "Remove it." }),
  };
}

function describe(data: unknown): string {
  if (Array.isArray(data)) return `an array of ${count(data.length, "item")}`;
  if (typeof data === "object" && data !== null) return `an object of ${count(Object.keys(data).length, "field")}`;
  if (data === undefined) return "nothing";
  // Cut first: quoting a text of megabytes to keep 80 characters of it is work for nothing.
  return JSON.stringify(typeof data === "string" ? cut(data) : data);
}

function cut(text: string): string {
  return text.length <= foundChars ? text : `${text.slice(0, foundChars)}...`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function withArticle(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

/** RFC 6901. */
function escape(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
