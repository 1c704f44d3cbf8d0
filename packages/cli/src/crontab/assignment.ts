/** A line that sets a variable, such as `PATH=/bin` or `"MAIL TO" = ' me '`. */
export type Assignment = { name: string; value: string };

/**
 * Reads a variable assignment as cron's own loader does: the name and the value may each stand in single or double quotes, blanks around `=` do not count,
 * an unquoted value loses its trailing blanks, nothing is expanded and no backslash is special. After a closing quote only blanks may follow; anything else
 * makes the line no assignment at all.
 *
 * Cron refuses a value that is empty and unquoted; we take it as empty, which is what everybody means by it.
 *
 * @returns undefined when the line is something else
 */
export function parseAssignment(line: string): Assignment | undefined {
  const match = /^\s*(?:"([^"=]*)"|'([^'=]*)'|([^\s=]+))\s*=\s*(.*)$/su.exec(line);
  if (match === null) return undefined;
  const name = match[1] ?? match[2] ?? match[3] ?? "";
  const value = parseValue(match[4] ?? "");
  return name === "" || value === undefined ? undefined : { name, value };
}

function parseValue(text: string): string | undefined {
  const quote = text[0];
  if (quote !== '"' && quote !== "'") return text.trimEnd();
  const end = text.indexOf(quote, 1);
  return end > 0 && text.slice(end + 1).trim() === "" ? text.slice(1, end) : undefined;
}
