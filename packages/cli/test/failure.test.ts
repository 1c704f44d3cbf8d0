import { errorCatalogue, PunctualError } from "@punctual/contract";
import { ScheduleError } from "@punctual/schedule";
import { expect, test } from "vitest";
import { CliError } from "../src/cli-error.ts";
import { failureOf, failureText } from "../src/failure.ts";

const textOf = async (error: unknown): Promise<string> => failureText(await failureOf(error));

test("the exit code is the catalogue's, whichever package threw", async () => {
  for (const [code, definition] of Object.entries(errorCatalogue)) {
    expect((await failureOf(new PunctualError(code as keyof typeof errorCatalogue, "d"))).exit).toBe(definition.exit);
    expect((await failureOf(new CliError(code as keyof typeof errorCatalogue, "d"))).exit).toBe(definition.exit);
  }
});

test("an error is one sentence and one remedy", async () => {
  expect(await textOf(new CliError("usage", "Nothing to change."))).toBe("error: Nothing to change.\n  See --help.\n");
  expect(await textOf(new CliError("usage", "No target.", { remedy: "Name it with --url." }))).toBe(
    "error: No target.\n  Name it with --url.\n",
  );
});

test("faults are shown with their place, and repeat nothing that was said", async () => {
  const unknown = { pointer: "/zzz", message: "unknown", remedy: "Remove it." };
  const faults = [{ pointer: "/url", message: "not an address", remedy: "Begin with https://." }, unknown];
  expect(await textOf(new PunctualError("request_invalid", "Two fields are wrong.", { faults }))).toBe(
    "error: Two fields are wrong.\n  /url: not an address. Begin with https://.\n  /zzz: unknown. Remove it.\n",
  );
  expect(await textOf(new PunctualError("request_invalid", "/zzz: unknown.", { faults: [unknown] }))).toBe(
    "error: /zzz: unknown.\n  Remove it.\n",
  );
});

test("a schedule that cannot be read names its column once", async () => {
  const error = new ScheduleError("schedule_invalid", {
    field: "cron",
    column: 1,
    part: "minutes",
    found: "61",
    expected: "0-59",
    remedy: "Use 0 to 59.",
  });
  expect(await textOf(error)).toBe('error: cron, column 1 (minutes): found "61", expected 0-59. Use 0 to 59.\n');
});

test("a defect has no stack trace, exit code 1, and says what to report", async () => {
  const failure = await failureOf(new TypeError("x is not a function"));
  expect(failure.exit).toBe(1);
  expect(failureText(failure)).toContain("NODE_DEBUG=punctual");
  expect(failureText(failure)).not.toContain("    at ");
});
