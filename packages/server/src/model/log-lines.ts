import { limits } from "@punctual/contract";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Control characters but tab and newline; those that a terminal or a page would obey. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text as it can be stored and shown: a control character becomes its picture (ESC becomes ␛), what has none becomes U+FFFD, as do halves of characters, and
 * a text beyond the limit is cut between two characters.
 */
export function harmless(text: string, limitBytes: number = limits.logLineBytes): { text: string; truncated: boolean } {
  // A character has at most 4 bytes and at least one unit of text: what lies beyond so many units cannot be kept, and is not worth looking at.
  const head = text.slice(0, limitBytes + 1);
  const shown = head
    .replaceAll("\r\n", "\n")
    .replace(obeyed, pictureOf)
    .replace(/\p{Surrogate}/gu, "\ufffd");
  const bytes = encoder.encode(shown);
  const truncated = head.length < text.length || bytes.byteLength > limitBytes;
  if (bytes.byteLength <= limitBytes) return { text: shown, truncated };
  let end = limitBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return { text: decoder.decode(bytes.subarray(0, end)), truncated };
}

function pictureOf(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "\u2421" : "\ufffd";
}
