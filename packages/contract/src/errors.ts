/**
 * The catalogue: every failure a user can meet, with its HTTP status, the exit code of the command line, whether the same request may succeed when sent
 * again unchanged, and the remedy. Codes are stable; titles and remedies may be reworded. `docs/reference/errors.md` is generated from here.
 */
export type ErrorDefinition = {
  /** HTTP status of the problem document; null for failures that only a starting node or the command line can meet. */
  status: number | null;
  exit: number;
  retryable: boolean;
  title: string;
  remedy: string;
};

/** Exit codes of the command line. 0-9 for any verb, 10 and up for a node that cannot start. */
export const exitCodes = {
  ok: 0,
  internal: 1,
  usage: 2,
  invalid: 3,
  notFound: 4,
  unauthorized: 5,
  conflict: 6,
  unavailable: 7,
  partial: 8,
  portBusy: 10,
  databaseUnreachable: 11,
  databaseUnsuitable: 12,
  dataFolder: 13,
  rights: 14,
  platform: 15,
  configuration: 16,
  encryptionKey: 17,
} as const;

/** What each exit code tells a script; the reference prints this table. */
export const exitCodeMeanings: { readonly [K in keyof typeof exitCodes]: string } = {
  ok: "done",
  internal: "a defect in Punctual; please report it",
  usage: "unknown verb, flag or argument",
  invalid: "the input was refused; nothing changed",
  notFound: "no such job, run or file",
  unauthorized: "no key, a wrong key, or a key without the scope",
  conflict: "the name is taken, the revision is not the current one, or the state does not allow it",
  unavailable: "the server cannot be reached or cannot commit now; try again",
  partial: "some items were refused; the others were carried out",
  portBusy: "the port is in use",
  databaseUnreachable: "the database cannot be reached",
  databaseUnsuitable: "the database is too old, or its schema is newer than this version",
  dataFolder: "the data folder belongs to another PostgreSQL version, or another process holds it",
  rights: "a file or folder cannot be read or written",
  platform: "no embedded PostgreSQL for this machine or user; use DATABASE_URL",
  configuration: "a configuration value is wrong",
  encryptionKey: "the encryption key is missing or is not the one the database was set up with",
};

const define = <T extends Record<string, ErrorDefinition>>(definitions: T): T => definitions;

export const errorCatalogue = define({
  request_malformed: {
    status: 400,
    exit: exitCodes.invalid,
    retryable: false,
    title: "The request body is not JSON",
    remedy: "Send one JSON object, with Content-Type: application/json.",
  },
  json_too_deep: {
    status: 400,
    exit: exitCodes.invalid,
    retryable: false,
    title: "The request body is nested too deeply",
    remedy: "Flatten the body; a payload that needs this depth can be sent as a string.",
  },
  cursor_invalid: {
    status: 400,
    exit: exitCodes.invalid,
    retryable: false,
    title: "The cursor is not one this list returned",
    remedy: "Start again without a cursor, and pass nextCursor back unchanged, with the same filters.",
  },
  unauthorized: {
    status: 401,
    exit: exitCodes.unauthorized,
    retryable: false,
    title: "No valid API key",
    remedy: "Send Authorization: Bearer <key>. `npm start` keeps its key in .punctual/api-key.",
  },
  forbidden: {
    status: 403,
    exit: exitCodes.unauthorized,
    retryable: false,
    title: "The API key lacks the scope for this",
    remedy: "Use a key with the scope that the detail names.",
  },
  route_not_found: {
    status: 404,
    exit: exitCodes.notFound,
    retryable: false,
    title: "No such route",
    remedy: "See /docs for the routes of this server.",
  },
  job_not_found: {
    status: 404,
    exit: exitCodes.notFound,
    retryable: false,
    title: "No such job",
    remedy: "Check the id or the name; deleted jobs and other tenants' jobs cannot be seen.",
  },
  run_not_found: {
    status: 404,
    exit: exitCodes.notFound,
    retryable: false,
    title: "No such run",
    remedy: "Check the id; runs past their retention and other tenants' runs cannot be seen.",
  },
  method_not_allowed: {
    status: 405,
    exit: exitCodes.usage,
    retryable: false,
    title: "This route does not take that method",
    remedy: "Use a method from the Allow header.",
  },
  name_taken: {
    status: 409,
    exit: exitCodes.conflict,
    retryable: false,
    title: "Another job has this name",
    remedy: "Choose another name, or use PUT /v1/jobs/by-name/{name} to change the job that has it.",
  },
  idempotency_in_flight: {
    status: 409,
    exit: exitCodes.conflict,
    retryable: true,
    title: "A request with this idempotency key is being carried out",
    remedy: "Wait a moment and send it again; the stored answer is returned once it is there.",
  },
  run_already_ended: {
    status: 409,
    exit: exitCodes.conflict,
    retryable: false,
    title: "The run has already ended",
    remedy: "Nothing is to be done; read the run for its outcome.",
  },
  job_completed: {
    status: 409,
    exit: exitCodes.conflict,
    retryable: false,
    title: "The job has no further occurrence",
    remedy: "Give it a new schedule with PATCH, or trigger it by hand.",
  },
  revision_mismatch: {
    status: 412,
    exit: exitCodes.conflict,
    retryable: false,
    title: "The job was changed since you read it",
    remedy: "Read the job again, apply your change to what you find, and send its ETag as If-Match.",
  },
  body_too_large: {
    status: 413,
    exit: exitCodes.invalid,
    retryable: false,
    title: "The request body is too large",
    remedy: "Send less at once; the detail names the limit.",
  },
  payload_too_large: {
    status: 413,
    exit: exitCodes.invalid,
    retryable: false,
    title: "The payload is too large",
    remedy: "Keep large data elsewhere and put a reference to it into the payload.",
  },
  media_type_unsupported: {
    status: 415,
    exit: exitCodes.usage,
    retryable: false,
    title: "The request body is not declared as JSON",
    remedy: "Send Content-Type: application/json.",
  },
  request_invalid: {
    status: 422,
    exit: exitCodes.invalid,
    retryable: false,
    title: "The request does not fit its schema",
    remedy: "Mend the fields listed in errors; /docs shows the schema.",
  },
  schedule_missing: {
    status: 422,
    exit: exitCodes.invalid,
    retryable: false,
    title: "The job has no schedule",
    remedy: "Give exactly one of cron, every, runAt, delay.",
  },
  schedule_ambiguous: {
    status: 422,
    exit: exitCodes.invalid,
    retryable: false,
    title: "The job has more than one schedule",
    remedy: "Give exactly one of cron, every, runAt, delay.",
  },
  schedule_invalid: {
    status: 422,
    exit: exitCodes.invalid,
    retryable: false,
    title: "The schedule cannot be understood",
    remedy: "See errors for the field, the column and what was expected there.",
  },
  schedule_never_fires: {
    status: 422,
    exit: exitCodes.invalid,
    retryable: false,
    title: "The schedule can never fire",
    remedy: "Check the day against the month, and startAt against endAt.",
  },
  timezone_unknown: {
    status: 422,
    exit: exitCodes.invalid,
    retryable: false,
    title: "The time zone is not known",
    remedy: "Use an IANA name such as Europe/Berlin, or UTC.",
  },
  duration_invalid: {
    status: 422,
    exit: exitCodes.invalid,
    retryable: false,
    title: "The duration cannot be understood",
    remedy: "Write it as 15m, 1h30m, 90s or PT15M; it must be positive.",
  },
  instant_invalid: {
    status: 422,
    exit: exitCodes.invalid,
    retryable: false,
    title: "The time cannot be understood",
    remedy: "Write it as 2027-03-01T09:00:00Z or with an offset such as +01:00.",
  },
  target_invalid: {
    status: 422,
    exit: exitCodes.invalid,
    retryable: false,
    title: "The target cannot be called",
    remedy: "See errors for the part and what was expected there.",
  },
  idempotency_mismatch: {
    status: 422,
    exit: exitCodes.conflict,
    retryable: false,
    title: "The idempotency key was used with another request",
    remedy: "Use a new key for a new request; a key belongs to one method, path and body for 24 hours.",
  },
  internal: {
    status: 500,
    exit: exitCodes.internal,
    retryable: true,
    title: "Something broke inside Punctual",
    remedy: "Try again; if it stays, report it with the requestId.",
  },
  unavailable: {
    status: 503,
    exit: exitCodes.unavailable,
    retryable: true,
    title: "The server cannot commit right now",
    remedy: "Try again after Retry-After; nothing was changed, or an Idempotency-Key tells.",
  },
  shutting_down: {
    status: 503,
    exit: exitCodes.unavailable,
    retryable: true,
    title: "This node is stopping",
    remedy: "Send the request to another node, or try again after Retry-After.",
  },
  server_unreachable: {
    status: null,
    exit: exitCodes.unavailable,
    retryable: true,
    title: "The Punctual server cannot be reached",
    remedy: "Start it with `npm start`, or name it with --server or PUNCTUAL_SERVER.",
  },
  usage: {
    status: null,
    exit: exitCodes.usage,
    retryable: false,
    title: "The command was not understood",
    remedy: "See --help.",
  },
  file_unreadable: {
    status: null,
    exit: exitCodes.notFound,
    retryable: false,
    title: "The file cannot be read",
    remedy: "Check the path and its rights.",
  },
  port_busy: {
    status: null,
    exit: exitCodes.portBusy,
    retryable: false,
    title: "The port is in use",
    remedy: "Stop what listens there, or choose another with --port.",
  },
  database_unreachable: {
    status: null,
    exit: exitCodes.databaseUnreachable,
    retryable: true,
    title: "The database cannot be reached",
    remedy: "Check DATABASE_URL and that the server accepts connections; without DATABASE_URL, `npm start` uses its own.",
  },
  database_too_old: {
    status: null,
    exit: exitCodes.databaseUnsuitable,
    retryable: false,
    title: "The database server is too old",
    remedy: "Use PostgreSQL 15 or newer.",
  },
  schema_newer: {
    status: null,
    exit: exitCodes.databaseUnsuitable,
    retryable: false,
    title: "The database was set up by a newer version of Punctual",
    remedy: "Start that version or a newer one; going back is not possible.",
  },
  schema_missing: {
    status: null,
    exit: exitCodes.databaseUnsuitable,
    retryable: false,
    title: "The database is not set up for this version",
    remedy: "Run `punctual migrate`.",
  },
  migration_changed: {
    status: null,
    exit: exitCodes.databaseUnsuitable,
    retryable: false,
    title: "A migration that was applied is not the one this version holds",
    remedy: "Use the release that set the database up; applied migrations must never be edited.",
  },
  data_folder_version: {
    status: null,
    exit: exitCodes.dataFolder,
    retryable: false,
    title: "The data folder belongs to another PostgreSQL version",
    remedy: "Start the version of Punctual that made it, or move the folder away to begin anew.",
  },
  data_folder_locked: {
    status: null,
    exit: exitCodes.dataFolder,
    retryable: true,
    title: "Another process is starting on this data folder",
    remedy: "Wait for it, or stop it; two may share the folder once the first one is up.",
  },
  embedded_database_failed: {
    status: null,
    exit: exitCodes.databaseUnreachable,
    retryable: true,
    title: "The embedded PostgreSQL did not start",
    remedy: "Its log in the data folder says why; DATABASE_URL uses a server of your own instead.",
  },
  rights_missing: {
    status: null,
    exit: exitCodes.rights,
    retryable: false,
    title: "A file or folder cannot be read or written",
    remedy: "Give this user the rights, or choose another folder with --data-dir.",
  },
  platform_unsupported: {
    status: null,
    exit: exitCodes.platform,
    retryable: false,
    title: "There is no embedded PostgreSQL for this machine",
    remedy: "Set DATABASE_URL to a PostgreSQL 15+ server.",
  },
  no_passwd_entry: {
    status: null,
    exit: exitCodes.platform,
    retryable: false,
    title: "This user id has no passwd entry, which PostgreSQL demands",
    remedy: "Add one, run as another user, or set DATABASE_URL.",
  },
  configuration_invalid: {
    status: null,
    exit: exitCodes.configuration,
    retryable: false,
    title: "A configuration value is wrong",
    remedy: "See docs/reference/configuration.md for its form, default and limits.",
  },
  encryption_key_missing: {
    status: null,
    exit: exitCodes.encryptionKey,
    retryable: false,
    title: "No encryption key is set",
    remedy: "Set PUNCTUAL_ENCRYPTION_KEY to 32 random bytes in base64, the same on every node; `npm start` keeps its own in .punctual/encryption-key.",
  },
  encryption_key_mismatch: {
    status: null,
    exit: exitCodes.encryptionKey,
    retryable: false,
    title: "The encryption key is not the one this database was set up with",
    remedy: "Use the key of the nodes that set it up; without it the stored secrets cannot be read.",
  },
});

export type ErrorCode = keyof typeof errorCatalogue;

/** Where a fault sits: a JSON pointer into the body, or a parameter's name, with what was found, what was expected and how to mend it. */
export type Fault = { pointer: string; message: string; found?: string; expected?: string; remedy?: string };

/**
 * The one error class that crosses rooms: a code from the catalogue, a detail sentence for this case, and data. What the user reads is made of these
 * three, so the detail must never hold a secret.
 */
export class PunctualError extends Error {
  readonly code: ErrorCode;
  readonly faults: readonly Fault[];
  /** Seconds after which a retry makes sense; becomes Retry-After. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, detail: string, options: { faults?: readonly Fault[]; retryAfterSeconds?: number; cause?: unknown } = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "PunctualError";
    this.code = code;
    this.faults = options.faults ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get definition(): ErrorDefinition {
    return errorCatalogue[this.code];
  }
}
