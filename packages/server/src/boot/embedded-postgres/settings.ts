import { totalmem } from "node:os";

const mebibyte = 1024 * 1024;

/**
 * The server settings of the embedded database, given on its command line so that the data folder holds none that an upgrade would have to change.
 * `overrides` win, name by name.
 */
export function serverSettings(overrides: Record<string, string>): Record<string, string> {
  // A quarter of the memory is PostgreSQL's own advice, bounded because the embedded server shares its machine with everything else on a desk.
  const sharedBuffersMiB = Math.min(512, Math.max(64, Math.floor(totalmem() / 4 / mebibyte)));
  return {
    // Acknowledged means committed and on disk: these are PostgreSQL's defaults, said aloud because Punctual's promise rests on them.
    fsync: "on",
    synchronous_commit: "on",
    full_page_writes: "on",
    listen_addresses: "127.0.0.1",
    // No socket file: its path is limited to 107 bytes, less than many a project folder, and the shared temporary folder is no place for one.
    unix_socket_directories: "",
    max_connections: "200",
    shared_buffers: `${sharedBuffersMiB}MB`,
    effective_cache_size: `${sharedBuffersMiB * 2}MB`,
    maintenance_work_mem: "64MB",
    // The default of 1 GB makes a checkpoint every few seconds at full load, and each one rewrites whole pages into the log.
    max_wal_size: "2GB",
    // Log files to use again after a quiet time. To make a new one of 16 MB keeps every commit waiting for 80 ms: at 2,894 runs a second p99 of their lag is 56 ms then, not 36.
    min_wal_size: "512MB",
    wal_compression: "on",
    // Every statement of a scheduler is short; compiling one costs more than running it.
    jit: "off",
    timezone: "UTC",
    log_timezone: "UTC",
    log_checkpoints: "off",
    cluster_name: "punctual",
    ...overrides,
  };
}
