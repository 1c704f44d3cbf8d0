import type { IncomingMessage } from "node:http";

/** Punctual sends payloads of at most 256 KiB. More comes from somebody else, and is not kept in memory to find that out by its signature. */
export const bodyMostBytes = 512 * 1024;

/** The body exactly as it came, which is what the signature covers; null when it is longer than any of Punctual's. Rejects when the sender goes away. */
export function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve, reject) => {
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (bytes > bodyMostBytes) {
        // Not destroyed: the answer goes out on the same connection.
        request.pause();
        resolve(null);
      } else chunks.push(chunk);
    });
    request.once("end", () => resolve(Buffer.concat(chunks)));
    request.once("error", reject);
  });
}
