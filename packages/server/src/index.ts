export { type BackupResult, runBackup } from "./boot/backup/backup.ts";
export { type RestoreResult, runRestore } from "./boot/backup/restore.ts";
export type { Flags } from "./boot/config.ts";
export { runDev } from "./boot/dev.ts";
export { EmbeddedPostgresError } from "./boot/embedded-postgres/errors.ts";
export { startEmbeddedPostgres } from "./boot/embedded-postgres/start.ts";
export { type Command, type ConfigurationOption, configurationOptions } from "./boot/options.ts";
export { runMigrate, runStart } from "./boot/start.ts";
export { migrate } from "./store/migrate.ts";
