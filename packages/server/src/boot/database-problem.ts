import { PunctualError } from "@punctual/contract";
import { isReadOnly, isUnavailable, sqlState } from "../store/database.ts";

/** The server answers, but not to us: wrong password, unknown role, no such database. */
const refusals = ["28P01", "28000", "3D000"];
/** insufficient_privilege: the role may connect, but not use or make the schema. */
const noPrivilege = "42501";

/**
 * What a failure at start means to the person who started the node. Anything that is not about reaching the database is given back as it came.
 *
 * @returns PunctualError database_unreachable, configuration_invalid or rights_missing, or `error` itself
 */
export function databaseProblem(error: unknown): unknown {
  if (error instanceof PunctualError) return error;
  const { code, message } = (error ?? {}) as { code?: string; message?: string };
  const state = sqlState(error);
  if (state === "08P01" && message?.includes("unsupported startup parameter")) {
    return new PunctualError(
      "configuration_invalid",
      "The database is behind a pooler that takes no settings of a session: set PUNCTUAL_DATABASE_POOLER (or --database-pooler) to transaction.",
      { cause: error },
    );
  }
  if (isReadOnly(error)) return new PunctualError("database_unreachable", `The database takes no writes: ${message}.`, { cause: error });
  if (state === noPrivilege) return new PunctualError("rights_missing", `The database role lacks a right: ${message}.`, { cause: error });
  if (state !== null && refusals.includes(state)) {
    return new PunctualError("database_unreachable", `The database refuses the connection: ${message}.`, { cause: error });
  }
  if (isUnavailable(error))
    return new PunctualError("database_unreachable", `The database does not answer: ${message || code}.`, { cause: error });
  return error;
}
