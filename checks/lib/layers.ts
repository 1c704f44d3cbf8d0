import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./tree.ts";
import type { Violation } from "./violation.ts";

/** A breach of a named rule: which rule, where, and the rule's own explanation. */
export type LayerBreach = Violation & { rule: string };

type CruiseReport = {
  summary: {
    violations: { from: string; to: string; rule: { name: string } }[];
    ruleSetUsed: { forbidden: { name: string; comment: string }[] };
  };
};

const tool = join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
const rules = join(root, ".dependency-cruiser.mjs");

/** The breaches of the layer rules below `folder`/packages, and the names of all rules. In a process of its own: the tool resolves paths from its working folder. */
export function cruise(folder: string = root): { breaches: LayerBreach[]; ruleNames: Set<string> } {
  const args = [tool, "--config", rules, "--output-type", "json", "--no-progress", "packages"];
  const report = JSON.parse(outputOf(args, folder)) as CruiseReport;
  const comments = new Map(report.summary.ruleSetUsed.forbidden.map((rule) => [rule.name, rule.comment]));
  const breaches = report.summary.violations.map(({ from, to, rule }) => ({
    path: from,
    line: 1,
    rule: rule.name,
    message: `${rule.name}: ${from === to ? "" : `imports ${to}. `}${comments.get(rule.name) ?? ""}`,
  }));
  return { breaches, ruleNames: new Set(comments.keys()) };
}

// The tool exits with the number of breaches, which is a result here and not a failure; its report is on stdout either way.
function outputOf(args: string[], folder: string): string {
  try {
    return execFileSync(process.execPath, args, {
      cwd: folder,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    const failed = error as { stdout?: string; stderr?: string };
    if (failed.stdout?.startsWith("{")) return failed.stdout;
    throw new Error(`dependency-cruiser did not run: ${failed.stderr ?? ""}${failed.stdout ?? ""}`, { cause: error });
  }
}
