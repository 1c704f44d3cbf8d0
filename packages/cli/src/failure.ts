import { debuglog } from "node:util";
import type { ErrorCode, Fault } from "@punctual/contract";

/** What a failed command says and exits with. */
export type Failure = {
  exit: number;
  problem: { code: string; title: string; detail: string; remedy: string; status?: number; requestId?: string; errors?: readonly Fault[] };
};

/** The parts of an error that we look for, whichever package threw it: the client, the server's front door, the schedule parser or this one. */
type Telling = {
  code?: unknown;
  message?: unknown;
  remedy?: unknown;
  faults?: unknown;
  field?: unknown;
  status?: unknown;
  requestId?: unknown;
};

/**
 * Turns anything thrown into words and an exit code.
 *
 * The catalogue is imported only here: it comes with 140 ms of schema library, which a command that succeeds should not pay for.
 */
export async function failureOf(error: unknown): Promise<Failure> {
  const { errorCatalogue } = await import("@punctual/contract");
  const telling: Telling = typeof error === "object" && error !== null ? error : { message: error };
  const isKnown = typeof telling.code === "string" && Object.hasOwn(errorCatalogue, telling.code);
  const code = isKnown ? (telling.code as ErrorCode) : "internal";
  const definition = errorCatalogue[code];
  if (!isKnown) debuglog("punctual")("%o", error);
  const faults = faultsOf(telling);
  return {
    exit: definition.exit,
    problem: {
      code,
      title: definition.title,
      detail: String(telling.message),
      remedy: remedyOf(telling, isKnown ? code : undefined) ?? definition.remedy,
      ...(typeof telling.status === "number" ? { status: telling.status } : {}),
      ...(typeof telling.requestId === "string" ? { requestId: telling.requestId } : {}),
      ...(faults.length > 0 ? { errors: faults } : {}),
    },
  };
}

/** The remedy that came with the error, unless the catalogue's is better: the client library does not know how its user names a server. */
function remedyOf(telling: Telling, code: ErrorCode | undefined): string | undefined {
  if (code === undefined) return "This is a defect: please report it, with what NODE_DEBUG=punctual shows when you run the command again.";
  return typeof telling.remedy === "string" && code !== "server_unreachable" ? telling.remedy : undefined;
}

function faultsOf(telling: Telling): readonly Fault[] {
  if (Array.isArray(telling.faults)) return telling.faults as Fault[];
  if (typeof telling.field !== "string") return [];
  const fault = { pointer: pointerOf(telling.field), message: String(telling.message) };
  return [typeof telling.remedy === "string" ? { ...fault, remedy: telling.remedy } : fault];
}

/** `exclude[2].date` to `/exclude/2/date`. */
function pointerOf(field: string): string {
  return `/${field.replaceAll("]", "").replaceAll(/[.[]/g, "/")}`;
}

/** For people: the sentence, what the faults say beyond it, and what to do. The catalogue's general remedy steps back for those of the faults. */
export function failureText({ problem }: Failure): string {
  const lines = [`error: ${problem.detail}`];
  const isNew = (text: string | undefined): text is string => text !== undefined && !lines.join("\n").includes(text);
  const faults = problem.errors ?? [];
  for (const { pointer, message, remedy } of faults) {
    const words = [isNew(message) ? `${pointer}: ${message}${/[.!?]$/.test(message) ? "" : "."}` : "", isNew(remedy) ? remedy : ""];
    const line = words.filter((word) => word !== "").join(" ");
    if (line !== "") lines.push(`  ${line}`);
  }
  if (isNew(problem.remedy) && faults.every((fault) => fault.remedy === undefined)) lines.push(`  ${problem.remedy}`);
  if (problem.requestId !== undefined && problem.code === "internal") lines.push(`  Request id: ${problem.requestId}`);
  return `${lines.join("\n")}\n`;
}
