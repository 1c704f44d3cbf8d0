import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findKey } from "../src/connection.ts";
import { runForTest } from "./lib/test-io.ts";

const here = "http://127.0.0.1:8080";
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "punctual-cli-"));
  mkdirSync(join(folder, ".punctual"));
  mkdirSync(join(folder, "a", "b"), { recursive: true });
  writeFileSync(join(folder, ".punctual", "api-key"), "from-file\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

const keyIn = (cwd: string, env: { [name: string]: string } = {}, url = here, apiKey?: string): string | undefined =>
  findKey({ cwd, env }, apiKey === undefined ? {} : { apiKey }, url)?.key;

test("the key is the flag's, else the environment's, else that of the nearest folder upwards", () => {
  const deep = join(folder, "a", "b");
  expect(keyIn(deep)).toBe("from-file");
  expect(keyIn(deep, { PUNCTUAL_API_KEY: "from-env" })).toBe("from-env");
  expect(keyIn(deep, { PUNCTUAL_API_KEY: "from-env" }, here, "from-flag")).toBe("from-flag");
  mkdirSync(join(deep, ".punctual"));
  writeFileSync(join(deep, ".punctual", "api-key"), "nearer");
  expect(keyIn(deep)).toBe("nearer");
});

test("the key of a data folder elsewhere is found by PUNCTUAL_DATA_DIR", () => {
  expect(keyIn("/", { PUNCTUAL_DATA_DIR: join(folder, ".punctual") })).toBe("from-file");
});

test.each([["http://localhost:8080"], ["http://[::1]:8080"], ["https://127.1.2.3"]])(
  "a key file is used for %s, which is this machine",
  (url) => {
    expect(keyIn(folder, {}, url)).toBe("from-file");
  },
);

test.each([["https://punctual.example.com"], ["http://127.0.0.1.example.com"], ["http://10.0.0.1:8080"]])(
  "a key file is never sent to %s",
  (url) => {
    expect(keyIn(folder, {}, url)).toBeUndefined();
  },
);

test("without a key the command says where it looked, exit code 5", async () => {
  const { exit, err } = await runForTest(["jobs", "list"], { cwd: join(folder, "..") });
  expect(exit).toBe(5);
  expect(err).toContain("No API key");
  expect(err).toContain("npm start");
});

test("a server that does not answer is named, exit code 7", async () => {
  const { exit, err } = await runForTest(["jobs", "delete", "0192f3a4-5b6c-8d7e-9f01-23456789ab2c", "--server", "http://127.0.0.1:9"], {
    cwd: folder,
  });
  expect(exit).toBe(7);
  expect(err).toContain("http://127.0.0.1:9 cannot be reached");
  expect(err).toContain("--server or PUNCTUAL_SERVER");
});
