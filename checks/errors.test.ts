import { describe, expect, it } from "vitest";
import { catalogueFolder, entriesOf, findErrorDrift } from "./lib/errors.ts";
import { readTree } from "./lib/tree.ts";
import { formatViolations } from "./lib/violation.ts";

const path = `${catalogueFolder}errors.ts`;
const catalogue = {
  path,
  text: 'export const errorCatalogue = define({\n  job_not_found: { status: 404, exit: 4, remedy: "Check the id." },\n});',
};
const user = (text: string) => ({ path: "packages/server/src/commands/planted.ts", text });

describe("error catalogue", () => {
  it("is the list of what is raised, no more and no less, in this repository", () => {
    expect(formatViolations(findErrorDrift(readTree()))).toEqual([]);
  });

  it("is where this check looks for it", () => {
    const entries = readTree()
      .filter((file) => file.path.startsWith(catalogueFolder))
      .flatMap(entriesOf);
    expect(entries.length).toBeGreaterThan(10);
  });

  it("notices a code that is raised but not listed", () => {
    const raised = 'throw new PunctualError("job_lost", "x"); const known = "job_not_found";';
    expect(formatViolations(findErrorDrift([catalogue, user(raised)]))).toEqual([expect.stringContaining('"job_lost"')]);
  });

  it("notices a code that is listed but not raised", () => {
    expect(formatViolations(findErrorDrift([catalogue, user("export {};")]))).toEqual([
      `${path}:2 ${'"job_not_found" is in the catalogue but nothing raises it: remove it, or raise it'}`,
    ]);
  });

  it("accepts a catalogue and a user that agree", () => {
    expect(findErrorDrift([catalogue, user('throw new PunctualError("job_not_found", "x");')])).toEqual([]);
  });
});
