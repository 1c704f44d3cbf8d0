/** Why the embedded database could not be used. The boot maps each reason to the error catalogue and to an exit code. */
export type EmbeddedPostgresReason =
  | "unsupported_platform"
  | "no_passwd_entry"
  | "data_version_mismatch"
  | "no_rights"
  | "not_starting"
  | "locked";

/** One clear sentence about what is wrong (`message`) and one about what to do (`remedy`). */
export class EmbeddedPostgresError extends Error {
  override readonly name = "EmbeddedPostgresError";
  readonly reason: EmbeddedPostgresReason;
  readonly remedy: string;

  constructor(reason: EmbeddedPostgresReason, message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.remedy = remedy;
  }
}

/** The remedy that always exists: nobody is forced to use the embedded database. */
export const useOwnServer = "set DATABASE_URL to a PostgreSQL server (15 or newer) of your own";

/** Turns the file system's refusals into `no_rights`; every other error passes through unchanged. */
export function explainRefusal(error: unknown): unknown {
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException;
  if (code !== "EACCES" && code !== "EPERM" && code !== "EROFS") return error;
  const user = process.getuid?.() ?? "this user";
  return new EmbeddedPostgresError(
    "no_rights",
    `User ${user} may not use ${path ?? "a file of the embedded database"} (${code}).`,
    `Give that user the folder (chown -R), start as the user who made it, or ${useOwnServer}.`,
    { cause: error },
  );
}
