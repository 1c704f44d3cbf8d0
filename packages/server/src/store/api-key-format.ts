import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { crc32 } from "node:zlib";

/**
 * An API key is `pct_<key id>_<secret>`:
 *
 * - `pct` lets a scanner of repositories and logs recognise it; underscores, so that a double click selects all of it.
 * - key id: 12 base62 characters, public, what the database is asked for.
 * - secret: 28 base62 characters (166 random bits), then 6 that spell the CRC-32 of everything before them. A key that was cut or mistyped is refused
 *   without asking the database.
 *
 * Only SHA-256 of the secret is stored. A slow hash protects passwords that people choose; 166 random bits need none.
 */
export type ParsedApiKey = { keyId: string; secret: string };

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const keyIdChars = 12;
const secretChars = 28;
const checksumChars = 6;
const shape = new RegExp(`^pct_([0-9A-Za-z]{${keyIdChars}})_([0-9A-Za-z]{${secretChars + checksumChars}})$`);

/** A new key, as its owner will see it this once. */
export function newApiKey(): ParsedApiKey & { text: string } {
  const keyId = randomBase62(keyIdChars);
  const unchecked = `pct_${keyId}_${randomBase62(secretChars)}`;
  const text = unchecked + checksum(unchecked);
  return { text, keyId, secret: text.slice(-(secretChars + checksumChars)) };
}

/** Null when the text is not a whole, correctly typed key. */
export function parseApiKey(text: string): ParsedApiKey | null {
  const [, keyId, secret] = shape.exec(text) ?? [];
  if (!keyId || !secret) return null;
  return checksum(text.slice(0, -checksumChars)) === text.slice(-checksumChars) ? { keyId, secret } : null;
}

/** What is stored of a secret. */
export function hashSecret(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

const nobodysHash = Buffer.alloc(32);

/** Whether the secret is the one that was stored. Takes as long for a key id that does not exist (null), so that time does not tell which ids do. */
export function secretMatches(secret: string, storedHash: Buffer | null): boolean {
  const equal = timingSafeEqual(hashSecret(secret), storedHash ?? nobodysHash);
  return equal && storedHash !== null;
}

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = "";
  for (let i = 0; i < checksumChars; i++) {
    digits = alphabet.charAt(rest % alphabet.length) + digits;
    rest = Math.floor(rest / alphabet.length);
  }
  return digits;
}

/** Bytes of 248 and more are thrown away: with them the first eight characters would come up more often than the others. */
function randomBase62(chars: number): string {
  const fairBytes = 256 - (256 % alphabet.length);
  let text = "";
  while (text.length < chars) {
    for (const byte of randomBytes(chars)) {
      if (byte < fairBytes && text.length < chars) text += alphabet.charAt(byte % alphabet.length);
    }
  }
  return text;
}
