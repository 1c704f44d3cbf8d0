/** What stands after the times: the command for the shell, and what it gets on standard input, null when nothing. */
export type CommandText = { command: string; stdin: string | null };

/**
 * Splits the rest of a crontab line at its first unescaped `%`, with the two scanners of cron's do_command.c. `\%` is a percent sign; every other backslash
 * stays as it is, for the shell. In the input each further unescaped `%` is a new line, and the last line is ended if it is not.
 */
export function splitCommand(text: string): CommandText {
  let command = "";
  let escaped = false;
  for (const [index, char] of Array.from(text).entries()) {
    if (escaped && char === "%") command = command.slice(0, -1);
    else if (char === "%") return { command, stdin: inputOf(Array.from(text).slice(index + 1)) };
    command += char;
    // A backslash that is itself escaped escapes nothing: `\\%` is two backslashes, and then the input begins.
    escaped = char === "\\" && !escaped;
  }
  return { command, stdin: null };
}

function inputOf(chars: readonly string[]): string {
  let input = "";
  let escaped = false;
  for (const char of chars) {
    if (escaped && char === "%") input = `${input.slice(0, -1)}%`;
    else input += char === "%" ? "\n" : char;
    // Here, unlike in the command, a second backslash escapes again; that is how cron has always read it.
    escaped = char === "\\";
  }
  return input === "" || input.endsWith("\n") ? input : `${input}\n`;
}
