import { describe, expect, it } from "vitest";
import { findChangelogFaults, findRoomsWithoutProtocol } from "./lib/shelf.ts";
import { readTree } from "./lib/tree.ts";
import { formatViolations } from "./lib/violation.ts";

const engine = { path: "packages/server/src/engine/fire.ts", text: "export const fire = 1;" };
const readme = (text: string) => ({ path: "packages/server/src/engine/README.md", text });

describe("rooms", () => {
  it("state their protocol in this repository", () => {
    expect(formatViolations(findRoomsWithoutProtocol(readTree()))).toEqual([]);
  });

  it("notices a room without a README, and one that says nothing", () => {
    expect(findRoomsWithoutProtocol([engine])).toHaveLength(1);
    expect(findRoomsWithoutProtocol([engine, readme("# Engine\n")])).toHaveLength(1);
    expect(findRoomsWithoutProtocol([engine, readme("# Engine\n\na\nb\nc\n")])).toEqual([]);
  });
});

describe("changelog", () => {
  it("has a place for the next change in this repository", () => {
    const changelog = readTree().find((file) => file.path === "CHANGELOG.md");
    expect(formatViolations(findChangelogFaults(changelog?.text ?? ""))).toEqual([]);
  });

  it("notices a missing Unreleased section and a section of its own making", () => {
    expect(findChangelogFaults("# Changelog\n\n## [1.0.0]\n")).toHaveLength(1);
    expect(findChangelogFaults("# Changelog\n\n## [Unreleased]\n\n### News\n")).toHaveLength(1);
    expect(findChangelogFaults("# Changelog\n\n## [Unreleased]\n\n### Added\n")).toEqual([]);
  });
});
