import type { SourceFile } from "./tree.ts";
import type { Violation } from "./violation.ts";

/** Rooms whose files keep a protocol together; each states it in a README: who may do what, in which order, and what happens when it fails. */
export const roomsWithProtocol: readonly string[] = [
  "packages/server/src/boot/embedded-postgres",
  "packages/server/src/commands",
  "packages/server/src/engine",
  "packages/server/src/http",
  "packages/server/src/model",
  "packages/server/src/store",
  "packages/server/src/targets",
  "packages/server/src/telemetry",
  "packages/schedule",
  "packages/testkit",
];

/** Listed rooms that have code and no README, or one too short to say anything. */
export function findRoomsWithoutProtocol(files: readonly SourceFile[], rooms: readonly string[] = roomsWithProtocol): Violation[] {
  return rooms
    .filter((room) => files.some((file) => file.path.startsWith(`${room}/`) && /\.(ts|sql)$/.test(file.path) && !isEmptyDoor(file)))
    .flatMap((room) => {
      const path = `${room}/README.md`;
      const readme = files.find((file) => file.path === path);
      if (readme === undefined)
        return [
          { path, line: 1, message: "is missing: state the room's protocol (model, who decides, what holds, what happens on failure)" },
        ];
      return readme.text.trim().split("\n").length >= 5 ? [] : [{ path, line: 1, message: "says too little to be the room's protocol" }];
    });
}

function isEmptyDoor(file: SourceFile): boolean {
  return file.text.trim() === "" || file.text.trim() === "export {};";
}

/** A changelog without a place for what is coming, or whose sections are not the ones of Keep a Changelog. */
export function findChangelogFaults(text: string): Violation[] {
  const path = "CHANGELOG.md";
  const lines = text.split("\n");
  const first = lines.findIndex((line) => line.startsWith("## "));
  const kinds = /^### (Added|Changed|Deprecated|Removed|Fixed|Security)$/;
  const strange = lines.flatMap((line, index) =>
    line.startsWith("### ") && !kinds.test(line)
      ? [{ path, line: index + 1, message: `"${line}" is not a section of Keep a Changelog` }]
      : [],
  );
  if (lines[first] === "## [Unreleased]") return strange;
  return [
    { path, line: Math.max(first, 0) + 1, message: "the first version must be `## [Unreleased]`, so that the next change has its place" },
    ...strange,
  ];
}
