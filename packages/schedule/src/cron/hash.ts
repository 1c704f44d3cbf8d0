/**
 * A number that is stable for a seed and well spread over seeds: what `H` in a cron field and `spread` are made of. FNV-1a collects the
 * text, Murmur's finalizer mixes it: without the latter, seeds that differ in their last digit land next to each other.
 *
 * @returns an unsigned 32-bit integer
 */
export function stableHash(seed: string, salt: string): number {
  let hash = 0x811c9dc5;
  const text = `${salt}\u0000${seed}`;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
