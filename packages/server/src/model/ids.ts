import { hash } from "node:crypto";

/** Every job and queue lives in one of these slices; a node owns whole shards. 256 gives 20 nodes a dozen each, and an id byte names one. */
export const shardCount = 256;

/**
 * Ids are UUIDs of version 8 (RFC 9562: layout of our own): 48 bits of epoch milliseconds, so that they sort by time and index pages fill up in order;
 * then random or hashed bits; and the shard in the last byte, so that a read by id needs no look-up of where it lives.
 */
function formatId(epochMs: number, hex: string, shard: number): string {
  const time = Math.max(0, epochMs).toString(16).padStart(12, "0");
  const variant = ((Number.parseInt(hex.charAt(3), 16) & 3) | 8).toString(16);
  const tail = hex.slice(7, 17) + shard.toString(16).padStart(2, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-8${hex.slice(0, 3)}-${variant}${hex.slice(4, 7)}-${tail}`;
}

/** The shard that an id names. */
export function shardOf(id: string): number {
  return Number.parseInt(id.slice(-2), 16);
}

/** The time an id carries: creation of a job, nominal time of a run. */
export function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** The smallest id of a time: where ids of that time and later begin. */
export function lowestIdAt(epochMs: number): string {
  const time = Math.min(Math.max(0, Math.trunc(epochMs)), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-0000-0000-000000000000`;
}

/**
 * A new job's id; its last random byte becomes its shard, which spreads jobs evenly.
 *
 * @param randomHex at least 10 random bytes in hex
 * @param shard that of the job's queue, for a job that has one: a queue and its jobs share a shard
 */
export function jobId(epochMs: number, randomHex: string, shard: number | null = null): string {
  return formatId(epochMs, randomHex, shard ?? Number.parseInt(randomHex.slice(17, 19), 16));
}

/** The key of a tenant's queue: derived, so that nobody needs to look it up. 52 bits: two of 100,000 queues share one with a chance of 1 in a million. */
export function queueKey(tenantId: number, name: string): number {
  return hash52(`queue/${tenantId}/${name}`);
}

/** The shard of a queue and of its jobs. */
export function shardOfQueue(queue: number): number {
  return queue % shardCount;
}

/** The key of a job's concurrency key; two that collide would share their limit. */
export function concurrencyKey(text: string): number {
  return hash52(`concurrency/${text}`);
}

/** A whole number that JavaScript, JSON and a bigint column hold exactly. */
function hash52(text: string): number {
  return Number.parseInt(hash("sha256", text).slice(0, 13), 16);
}

/**
 * The id of the run of an occurrence: always the same for the same job and nominal time, so that firing an occurrence twice collides on the primary key.
 * 66 bits of SHA-256 beside time and shard: a herd of 100,000 jobs at one millisecond collides with a chance of 1 in 10^10.
 */
export function occurrenceRunId(job: string, nominalMs: number): string {
  return formatId(nominalMs, hash("sha256", `${job}/${nominalMs}`), shardOf(job));
}

/**
 * The id of a manual run.
 *
 * @param seed random text: two triggers within a millisecond are two runs. A repeated request is told by its idempotency key before it comes here
 */
export function manualRunId(job: string, nominalMs: number, seed: string): string {
  return formatId(nominalMs, hash("sha256", `${job}/manual/${seed}`), shardOf(job));
}

/** A smallish integer for a tenant's target origin: the key of fair slots, narrow enough for the hot table. */
export function originKey(tenantId: number, origin: string): number {
  return Number.parseInt(hash("sha256", `${tenantId}/${origin}`).slice(0, 8), 16) | 0;
}
