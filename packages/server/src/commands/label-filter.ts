import { PunctualError } from "@punctual/contract";

/** A label that a job must have: with this value, or with any (null). */
export type LabelFilter = { key: string; value: string | null };

/**
 * Reads `key=value` or a bare key; a value may hold further equals signs.
 *
 * @throws PunctualError request_invalid for a filter without a key
 */
export function parseLabel(text: string): LabelFilter {
  const at = text.indexOf("=");
  if (at === 0) {
    const message = `The label filter ${JSON.stringify(text)} has no key.`;
    throw new PunctualError("request_invalid", message, {
      faults: [{ pointer: "label", message, found: text, expected: "key=value or key" }],
    });
  }
  return at < 0 ? { key: text, value: null } : { key: text.slice(0, at), value: text.slice(at + 1) };
}
