import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { type Fault, limits, PunctualError } from "@punctual/contract";
import { formatDuration, parseDuration, ScheduleError } from "@punctual/schedule";
import { parse as parseToml, TomlError } from "smol-toml";
import { readDatabaseUrl } from "../store/database-url.ts";
import { type Command, type ConfigurationOption, configurationOptions } from "./options.ts";

export type Configuration = {
  databaseUrl: string | null;
  databasePooler: (typeof poolers)[number];
  databaseDirectUrl: string | null;
  databaseTimeoutMs: number;
  host: string;
  port: number;
  publicUrl: string | null;
  dataDir: string;
  encryptionKey: Buffer | null;
  nodeName: string;
  slots: number;
  slotsPerOrigin: number;
  leaseTtlMs: number;
  drainTimeoutMs: number;
  retentionDays: number;
  deadLetterRetentionDays: number;
  overdueAfterMs: number;
  clockJumpMs: number;
  restoreGapMs: number | null;
  databaseConnections: number;
  logLevel: "debug" | "info" | "warn" | "error" | "silent";
};

/** Flags by option name, as the command line gives them. */
export type Flags = { [name: string]: string | undefined };

const fileName = "punctual.toml";
const poolers = ["none", "transaction"] as const;
const logLevels = ["debug", "info", "warn", "error", "silent"] as const;

/**
 * Reads the configuration: flags over environment over `punctual.toml` in the working folder over defaults.
 *
 * @throws PunctualError configuration_invalid, with every fault there is
 */
export function readConfiguration(command: Command, flags: Flags, env: NodeJS.ProcessEnv = process.env): Configuration {
  const faults: Fault[] = [];
  const file = readFile(faults);
  const text = new Map<string, string>();
  for (const option of configurationOptions as readonly ConfigurationOption[]) {
    const value = flags[option.name] ?? nonEmpty(env[option.env]) ?? file[option.name] ?? option.default;
    if (value === null) continue;
    const fault = checkValue(option, value);
    if (fault) faults.push(fault);
    else text.set(option.name, value);
  }
  const encryptionKey = readKey(text.get("encryptionKey"), faults);
  for (const name of Object.keys(flags)) {
    const option = (configurationOptions as readonly ConfigurationOption[]).find((known) => known.name === name);
    if (!option?.commands.includes(command)) faults.push({ pointer: name, message: `${name} is not an option of ${command}` });
  }
  if (faults.length > 0) {
    throw new PunctualError("configuration_invalid", faults.map((fault) => fault.message).join("; "), { faults });
  }
  const number = (name: string): number => Number(text.get(name));
  const duration = (name: string): number => parseDuration(text.get(name) ?? "");
  return {
    databaseUrl: text.get("databaseUrl") ?? null,
    databasePooler: text.get("databasePooler") as Configuration["databasePooler"],
    databaseDirectUrl: text.get("databaseDirectUrl") ?? null,
    databaseTimeoutMs: duration("databaseTimeout"),
    host: text.get("host") ?? "",
    port: number("port"),
    publicUrl: text.get("publicUrl")?.replace(/\/+$/, "") ?? null,
    dataDir: text.get("dataDir") ?? "",
    encryptionKey,
    nodeName: text.get("nodeName") ?? hostname(),
    slots: number("slots"),
    slotsPerOrigin: number("slotsPerOrigin"),
    leaseTtlMs: duration("leaseTtl"),
    drainTimeoutMs: duration("drainTimeout"),
    retentionDays: number("retentionDays"),
    deadLetterRetentionDays: number("deadLetterRetentionDays"),
    overdueAfterMs: duration("overdueAfter"),
    clockJumpMs: duration("clockJump"),
    restoreGapMs: text.has("restoreGap") ? duration("restoreGap") : null,
    databaseConnections: number("databaseConnections"),
    logLevel: text.get("logLevel") as Configuration["logLevel"],
  };
}

function readFile(faults: Fault[]): { [name: string]: string } {
  let source: string;
  try {
    source = readFileSync(fileName, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") faults.push({ pointer: fileName, message: `${fileName} cannot be read (${code})` });
    return {};
  }
  try {
    const values = parseToml(source);
    const known = new Set<string>(configurationOptions.map((option) => option.name));
    for (const name of Object.keys(values)) {
      if (!known.has(name)) faults.push({ pointer: name, message: `${fileName} names an unknown option ${name}` });
      else if (!["string", "number"].includes(typeof values[name]))
        faults.push({ pointer: name, message: `${fileName}: ${name} must be a text or a number` });
    }
    const usable = Object.entries(values).flatMap(([name, value]) =>
      typeof value === "string" || typeof value === "number" ? [[name, String(value)]] : [],
    );
    return Object.fromEntries(usable) as { [name: string]: string };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    faults.push({ pointer: fileName, message: `${fileName} is not TOML (line ${error.line}, column ${error.column})` });
    return {};
  }
}

function checkValue(option: ConfigurationOption, value: string): Fault | null {
  const fault = (expected: string): Fault => ({
    pointer: option.name,
    message: `${option.env} (${option.flag}) is ${option.secret ? "not usable" : JSON.stringify(value)}; expected ${expected}`,
    expected,
  });
  const [least, most] = option.bounds ?? [];
  if (option.type === "integer") {
    const expected = `a whole number from ${least} to ${most}`;
    return /^\d+$/.test(value) && Number(value) >= Number(least) && Number(value) <= Number(most) ? null : fault(expected);
  }
  if (option.type === "duration") {
    const ms = durationOrNull(value);
    const within = ms !== null && ms >= parseDuration(least ?? "1ms") && ms <= parseDuration(most ?? "1h");
    return within
      ? null
      : fault(`a duration from ${formatDuration(parseDuration(least ?? "1ms"))} to ${formatDuration(parseDuration(most ?? "1h"))}`);
  }
  if (value.trim() === "") return fault("a text that is not empty");
  if (option.name === "logLevel" && !logLevels.some((level) => level === value)) return fault(`one of ${logLevels.join(", ")}`);
  if (option.name === "publicUrl" && !isPublicUrl(value)) return fault("an http or https URL without user, query and fragment");
  if (option.name === "databasePooler" && !poolers.some((pooler) => pooler === value)) return fault(`one of ${poolers.join(", ")}`);
  if (option.name === "databaseUrl" || option.name === "databaseDirectUrl") {
    const read = readDatabaseUrl(value);
    if ("fault" in read) return fault(read.fault);
  }
  return null;
}

function readKey(text: string | undefined, faults: Fault[]): Buffer | null {
  if (text === undefined) return null;
  const key = Buffer.from(text, "base64");
  if (key.length === 32) return key;
  faults.push({
    pointer: "encryptionKey",
    message: "PUNCTUAL_ENCRYPTION_KEY is not usable; expected 32 bytes in base64 (`openssl rand -base64 32`)",
  });
  return null;
}

/** Printable ASCII alone, as it goes out in a header. */
function isPublicUrl(text: string): boolean {
  if (!/^https?:\/\/[\x21-\x7e]+$/.test(text) || text.length > limits.urlChars || !URL.canParse(text)) return false;
  const { username, password, search, hash } = new URL(text);
  return [username, password, search, hash].every((part) => part === "");
}

function durationOrNull(text: string): number | null {
  try {
    return parseDuration(text);
  } catch (error) {
    if (error instanceof ScheduleError) return null;
    throw error;
  }
}

const nonEmpty = (text: string | undefined): string | undefined => (text === "" ? undefined : text);
