import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "./lib/tree.ts";

const generator = "scripts/generate.ts";

describe("generated files", () => {
  // Nothing is generated until there is a generator.
  it.runIf(existsSync(join(root, generator)))("are what the generator makes of the sources", () => {
    expect(outputOf(["--import", "tsx", generator, "--check"])).toBe("up to date");
  });

  it("notices a generator that finds a difference", () => {
    expect(outputOf(["-e", "console.error('docs/reference/errors.md is stale'); process.exit(1)"])).toContain(
      "docs/reference/errors.md is stale",
    );
  });
});

/** "up to date" when the command succeeds, else what it printed. */
function outputOf(args: string[]): string {
  try {
    execFileSync(process.execPath, args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    return "up to date";
  } catch (error) {
    const failed = error as { stdout?: string; stderr?: string };
    return `${failed.stdout ?? ""}${failed.stderr ?? ""}`;
  }
}
