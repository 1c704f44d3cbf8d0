import fc from "fast-check";
import { expect, test } from "vitest";
import { splitCommand } from "../../src/crontab/command.ts";

// Each row as cron's do_command.c treats it.
test.each([
  ["plain", "plain", null],
  ["date +\\%F", "date +%F", null],
  ["cat%", "cat", ""],
  ["cat%one", "cat", "one\n"],
  ["cat%one%two", "cat", "one\ntwo\n"],
  ["cat%one%", "cat", "one\n"],
  ["cat%100\\% sure", "cat", "100% sure\n"],
  ["echo \\n", "echo \\n", null],
  ["a\\\\%b", "a\\\\", "b\n"],
  ["cat%a\\\\%b", "cat", "a\\%b\n"],
  ["cat%a\\nb\\", "cat", "a\\nb\\\n"],
])("%j runs %j with the input %j", (text, command, stdin) => {
  expect(splitCommand(text)).toEqual({ command, stdin });
});

test("a command and its input survive being written down and read again", () => {
  // Cron has no way to write a backslash in front of a percent sign, so backslashes are left out.
  const text = fc.string({ unit: "grapheme" }).map((value) => value.replace(/[\\\n\r]/g, ""));
  fc.assert(
    fc.property(text, fc.array(text, { minLength: 1 }), (command, lines) => {
      const escape = (value: string): string => value.replaceAll("%", "\\%");
      const input = `${lines.join("\n")}\n`;
      expect(splitCommand(`${escape(command)}%${lines.map(escape).join("%")}%`)).toEqual({ command, stdin: input });
      expect(splitCommand(escape(command))).toEqual({ command, stdin: null });
    }),
  );
});
