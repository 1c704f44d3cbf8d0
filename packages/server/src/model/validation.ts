import type { Fault } from "@punctual/contract";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import formats from "ajv-formats";
import type { TSchema } from "typebox";
import { explain } from "./faults.ts";

/** A body with more values than this was written by a program: it gets its first fault only, so that a million faults cost no more than one. */
const smallBodyValues = 500;
const maxFaults = 20;
// ajv-formats would also take "urn:uuid:...", which PostgreSQL's uuid does not.
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

type Compiler = (schema: TSchema) => ValidateFunction;

const firstFault = compiler({ allErrors: false, coerceTypes: false });
const everyFault = compiler({ allErrors: true, coerceTypes: false });
const everyFaultOfQuery = compiler({ allErrors: true, coerceTypes: "array" });

/**
 * What keeps `value` from fitting `schema`, in plain words, with a JSON pointer each; empty when it fits. Nothing is coerced, nothing removed, no default
 * filled in: what is validated is what was sent.
 *
 * @returns at most 20 faults; only the first for a value of more than 500 parts
 */
export function faultsOf(schema: TSchema, value: unknown): Fault[] {
  const fits = firstFault(schema);
  if (fits(value)) return [];
  if (!isSmall(value)) return toFaults(fits.errors);
  const validate = everyFault(schema);
  validate(value);
  return toFaults(validate.errors);
}

/**
 * The same for a query string, whose values are all texts: numbers are read where the schema wants numbers, a single value becomes a list where it wants
 * a list. `query` is changed in place. Faults point to the parameter's name.
 */
export function faultsOfQuery(schema: TSchema, query: { [name: string]: unknown }): Fault[] {
  const validate = everyFaultOfQuery(schema);
  if (validate(query)) return [];
  return toFaults(validate.errors).map((fault) => ({ ...fault, pointer: fault.pointer.split("/")[1] ?? "" }));
}

function toFaults(errors: ErrorObject[] | null | undefined): Fault[] {
  return explain(errors ?? []).slice(0, maxFaults);
}

/** Compiles each schema once, when it is first used: a node that is never asked for an operation does not pay for it at its start. */
function compiler(options: { allErrors: boolean; coerceTypes: false | "array" }): Compiler {
  const ajv = new Ajv({ ...options, verbose: true, removeAdditional: false, useDefaults: false, strictTypes: false });
  formats.default(ajv, ["date-time"]);
  ajv.addFormat("uuid", uuid);
  const compiled = new WeakMap<TSchema, ValidateFunction>();
  return (schema) => {
    const known = compiled.get(schema) ?? ajv.compile(schema);
    compiled.set(schema, known);
    return known;
  };
}

function isSmall(value: unknown): boolean {
  const open = [value];
  for (let seen = 0; open.length > 0; seen++) {
    const next = open.pop();
    if (typeof next !== "object" || next === null) continue;
    // Not Object.values: it takes 100 ms to list 200,000 fields of which 500 are of interest.
    for (const key in next) {
      open.push((next as { [key: string]: unknown })[key]);
      if (seen + open.length > smallBodyValues) return false;
    }
  }
  return true;
}
