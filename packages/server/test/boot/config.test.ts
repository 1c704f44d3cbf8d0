import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PunctualError } from "@punctual/contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConfiguration } from "../../src/boot/config.ts";
import { type ConfigurationOption, configurationOptions } from "../../src/boot/options.ts";

const options: readonly ConfigurationOption[] = configurationOptions;
let folder: string;
let before: string;

// The file is looked for in the working folder.
beforeEach(() => {
  before = process.cwd();
  folder = mkdtempSync(join(tmpdir(), "punctual-config-"));
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

const file = (text: string): void => writeFileSync("punctual.toml", text);
const faultsOf = (...args: Parameters<typeof readConfiguration>): string[] => {
  try {
    readConfiguration(...args);
  } catch (error) {
    if (!(error instanceof PunctualError) || error.code !== "configuration_invalid") throw error;
    return error.faults.map((fault) => `${fault.pointer}: ${fault.message}`);
  }
  return [];
};

describe("precedence", () => {
  it("is flag, environment, file, default; an empty variable counts as none", () => {
    expect(readConfiguration("start", {}, {}).port).toBe(8_080);
    file("port = 1001");
    expect(readConfiguration("start", {}, {}).port).toBe(1_001);
    expect(readConfiguration("start", {}, { PUNCTUAL_PORT: "1002" }).port).toBe(1_002);
    expect(readConfiguration("start", {}, { PUNCTUAL_PORT: "" }).port).toBe(1_001);
    expect(readConfiguration("start", { port: "1003" }, { PUNCTUAL_PORT: "1002" }).port).toBe(1_003);
  });

  it("gives every option its default, in the units that its name says", () => {
    const { nodeName, ...rest } = readConfiguration("dev", {}, {});
    expect(nodeName).not.toBe("");
    expect(rest).toEqual({
      databaseUrl: null,
      databasePooler: "none",
      databaseDirectUrl: null,
      databaseTimeoutMs: 5_000,
      host: "127.0.0.1",
      port: 8_080,
      publicUrl: null,
      dataDir: ".punctual",
      encryptionKey: null,
      slots: 1_000,
      slotsPerOrigin: 250,
      leaseTtlMs: 4_000,
      drainTimeoutMs: 30_000,
      retentionDays: 30,
      deadLetterRetentionDays: 90,
      overdueAfterMs: 60_000,
      clockJumpMs: 60_000,
      restoreGapMs: null,
      databaseConnections: 16,
      logLevel: "info",
    });
  });
});

describe("publicUrl", () => {
  it("is taken without the slash at its end, with a path in front of /v1", () => {
    expect(readConfiguration("start", { publicUrl: "https://example.com/punctual/" }, {}).publicUrl).toBe("https://example.com/punctual");
  });

  it.each([
    "example.com",
    "ftp://example.com",
    "https://user:word@example.com",
    "https://example.com/?a",
    "https://example.com/#a",
    "https://exämple.com",
  ])("is refused when receivers could not be sent there: %s", (publicUrl) => {
    expect(faultsOf("start", { publicUrl }, {})).toEqual([expect.stringContaining("expected an http or https URL without user")]);
  });
});

describe("bounds", () => {
  const beyond: Record<string, { least: string; most: string }> = {
    port: { least: "-1", most: "65536" },
    slots: { least: "0", most: "20001" },
    slotsPerOrigin: { least: "0", most: "20001" },
    leaseTtl: { least: "1999ms", most: "61s" },
    drainTimeout: { least: "999ms", most: "3601s" },
    retentionDays: { least: "0", most: "3651" },
    deadLetterRetentionDays: { least: "0", most: "3651" },
    clockJump: { least: "9s", most: "25h" },
    restoreGap: { least: "59s", most: "31d" },
    overdueAfter: { least: "4s", most: "2h" },
    databaseConnections: { least: "3", most: "501" },
    databaseTimeout: { least: "999ms", most: "61s" },
  };

  for (const option of options.filter(({ bounds }) => bounds)) {
    it(`of ${option.name} are kept: both ends are taken, what lies beyond is refused with the range`, () => {
      const [least = "", most = ""] = option.bounds ?? [];
      const around = beyond[option.name];
      for (const value of [least, most]) expect(faultsOf("dev", { [option.name]: value }, {})).toEqual([]);
      for (const value of [around?.least ?? "", around?.most ?? "", "", "x", "1e3", "9".repeat(400)]) {
        expect(faultsOf("dev", { [option.name]: value }, {})).toEqual([
          expect.stringContaining(`expected a ${option.type === "integer" ? "whole number" : "duration"} from`),
        ]);
      }
    });
  }
});

describe("what is wrong is said once for each fault", () => {
  it("whichever way the values came", () => {
    file('slots = 0\nprot = 1\nhost = ["everywhere"]');
    const faults = faultsOf("start", { logLevel: "loud" }, { DATABASE_URL: "mysql://me:secret@db/x", PUNCTUAL_ENCRYPTION_KEY: "c2hvcnQ=" });
    expect(faults.map((fault) => fault.split(":")[0] ?? "").sort()).toEqual([
      "databaseUrl",
      "encryptionKey",
      "host",
      "logLevel",
      "prot",
      "slots",
    ]);
    expect(faults.join()).not.toMatch(/secret|c2hvcnQ/);
  });

  it("a database URL with its fault, and nothing else of it", () => {
    const url = "postgres://me:secret@h1,h2:99999/db";
    for (const [name, env] of [
      ["databaseUrl", "DATABASE_URL"],
      ["databaseDirectUrl", "PUNCTUAL_DATABASE_DIRECT_URL"],
    ] as const) {
      expect(faultsOf("start", { [name]: url, databasePooler: "session" }, {})).toEqual(
        expect.arrayContaining([
          expect.stringMatching(new RegExp(`^${name}: ${env} .* is not usable; expected .* server 2 of 2, not "h2:99999"$`)),
          expect.stringContaining("expected one of none, transaction"),
        ]),
      );
      expect(faultsOf("start", { [name]: url }, {}).join()).not.toContain("secret");
    }
  });

  it("a file that is no TOML, with its place", () => {
    file("port = \n");
    expect(faultsOf("start", {}, {})[0]).toMatch(/punctual\.toml is not TOML \(line 1/);
  });

  it("a file that cannot be read, rather than passing over it", () => {
    // Root may read any file; nobody can read a folder as one.
    mkdirSync("punctual.toml");
    expect(faultsOf("start", {}, {})).toEqual(["punctual.toml: punctual.toml cannot be read (EISDIR)"]);
  });

  it("an option of another command", () => {
    expect(faultsOf("start", { dataDir: "x" }, {})).toEqual(["dataDir: dataDir is not an option of start"]);
    expect(faultsOf("migrate", { port: "1" }, {})).toEqual(["port: port is not an option of migrate"]);
  });

  it("an empty host, which would listen everywhere", () => {
    expect(faultsOf("start", { host: " " }, {})).toEqual([expect.stringContaining("a text that is not empty")]);
  });
});

describe("every option", () => {
  it("can be given each way, under names that follow from one another", () => {
    for (const { name, flag, env } of options) {
      const words = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      const variable = words.replaceAll("-", "_").toUpperCase();
      expect(flag).toBe(`--${words}`);
      expect([`PUNCTUAL_${variable}`, "DATABASE_URL"]).toContain(env);
    }
  });

  it("has a default that it would itself accept", () => {
    const defaults = Object.fromEntries(options.flatMap((option) => (option.default === null ? [] : [[option.name, option.default]])));
    expect(faultsOf("dev", defaults as Record<string, string>, {})).toEqual([]);
  });
});
