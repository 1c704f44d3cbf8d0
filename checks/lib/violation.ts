/** One broken house rule: where, and a sentence that says what is wrong and what to do about it. */
export type Violation = { path: string; line: number; message: string };

/** Violations as `path:line message` lines, sorted: a failing check prints them, and editors make the first part a link. */
export function formatViolations(violations: readonly Violation[]): string[] {
  return violations
    .toSorted((a, b) => a.path.localeCompare(b.path) || a.line - b.line)
    .map((violation) => `${violation.path}:${violation.line} ${violation.message}`);
}
