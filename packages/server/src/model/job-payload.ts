import { limits, PunctualError } from "@punctual/contract";

/** The payload as JSON text, within its limit. */
export function acceptPayload(payload: unknown): string | null {
  if (payload === undefined) return null;
  const text = payloadText(payload);
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.payloadBytes) {
    const message = `The payload has ${bytes} bytes as JSON; ${limits.payloadBytes} are allowed.`;
    throw new PunctualError("payload_too_large", message, { faults: [{ pointer: "/payload", message }] });
  }
  return text;
}

/** JSON.stringify would turn 1e400, which JSON.parse reads as Infinity, into null in silence. Only a text with a null in it is looked through: it takes a call for each value. */
function payloadText(payload: unknown): string {
  const text = JSON.stringify(payload);
  return text.includes("null") ? JSON.stringify(payload, refuseInfinite) : text;
}

function refuseInfinite(key: string, value: unknown): unknown {
  if (typeof value !== "number" || Number.isFinite(value)) return value;
  const message = `A number of the payload${key === "" ? "" : ` (${JSON.stringify(key)})`} is too large to be kept.`;
  throw new PunctualError("request_invalid", message, { faults: [{ pointer: "/payload", message, remedy: "Send it as a string." }] });
}
