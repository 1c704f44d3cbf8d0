import { isUtf8 } from "node:buffer";
import { limits, PunctualError } from "@punctual/contract";
import { type JsonFault, locateJsonFault } from "./json-fault.ts";

// Only a body that spells these names is walked. \u005f and the like are how they are smuggled past a plain search.
const suspect = /"(?:_|\\u005f){2}(?:p|\\u0070)|"(?:c|\\u0063)(?:o|\\u006f)(?:n|\\u006e)/i;

/**
 * Reads a request body: strict JSON in UTF-8, nested at most 64 deep, without the field names that reach for a prototype. Of a field given twice the last
 * one counts, as JSON.parse has it.
 *
 * @returns undefined for an empty body
 * @throws PunctualError request_malformed (with line and column), json_too_deep
 */
export function parseJsonBody(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  // Decoding would put U+FFFD in the place of what is broken, and nobody would know.
  if (!isUtf8(bytes)) throw new PunctualError("request_malformed", "The body is not valid UTF-8.");
  const text = bytes.toString("utf8");
  requireShallow(text);
  const value = parse(text);
  if (suspect.test(text)) refusePrototypeNames(value);
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const fault = locateJsonFault(text);
    if (!fault) throw error;
    throw malformed(text, fault);
  }
}

function malformed(text: string, fault: JsonFault): PunctualError {
  const before = text.slice(0, fault.offset);
  const line = before.split("\n").length;
  const column = fault.offset - before.lastIndexOf("\n");
  const found =
    fault.offset < text.length ? JSON.stringify(String.fromCodePoint(text.codePointAt(fault.offset) ?? 0)) : "the end of the body";
  const message = `line ${line}, column ${column}: expected ${fault.expected}, found ${found}`;
  return new PunctualError("request_malformed", `The body is not JSON: ${message}.`, {
    faults: [{ pointer: "", message, found, expected: fault.expected }],
  });
}

/**
 * Looks before parsing, and stops at the first bracket too many: a million of them cost no more than 65. Strings are leapt over by indexOf, so that a
 * payload of text costs next to nothing.
 */
function requireShallow(text: string): void {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === 0x22) at = endOfString(text, at);
    else if (character === 0x7b || character === 0x5b) depth++;
    else if (character === 0x7d || character === 0x5d) depth--;
    if (depth > limits.jsonDepth) throw new PunctualError("json_too_deep", `The body is nested more than ${limits.jsonDepth} levels deep.`);
  }
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes++;
  return backslashes % 2 === 1;
}

/** `constructor` by itself is an honest word (racing has constructors); with a `prototype` inside it is an attack. */
function refusePrototypeNames(value: unknown): void {
  const open = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== "object" || next === null) continue;
    const fields = next as { [name: string]: unknown };
    if (Object.hasOwn(fields, "__proto__") || hasPrototype(fields)) {
      throw new PunctualError(
        "request_malformed",
        "The body has a field named __proto__, or constructor with prototype inside; no field may be.",
      );
    }
    for (const inner of Object.values(fields)) open.push(inner);
  }
}

function hasPrototype(fields: { [name: string]: unknown }): boolean {
  const inner = Object.hasOwn(fields, "constructor") ? fields.constructor : null;
  return typeof inner === "object" && inner !== null && Object.hasOwn(inner, "prototype");
}
