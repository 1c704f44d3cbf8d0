import type { Settings } from "@punctual/contract";
import type { Io } from "../io.ts";
import { retryText } from "./job.ts";
import { fieldsText } from "./table.ts";

/** A tenant's settings, a field a line. */
export function settingsText(io: Io, { retry }: Settings): string {
  return fieldsText(io, [["retry", retryText(retry)]]);
}
